//! A server on a free port, with a store in a folder of its own.

use crate::client::Client;
use quintile::{ImportAsk, Overrides, Workspace};
use quintile_server::{FirstOwner, LogFormat, Options, Role, Server};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

pub const OWNER: &str = "owner@example.com";
pub const PASSWORD: &str = "correct horse battery";

/// A server that runs until it is dropped.
pub struct Running {
    pub folder: tempfile::TempDir,
    pub address: SocketAddr,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The options of tests: a free port, no log, and no limit that a test would meet by being quick.
pub fn options() -> Options {
    Options { log: LogFormat::Silent, requests_a_second: 100_000, ..Options::new("127.0.0.1:0".parse().unwrap()) }
}

/// Sixty customers with one to five orders each, in the columns of any shop. Some of what they are called is meant badly.
pub fn orders() -> String {
    let mut text = "Order ID,Order Date,Customer ID,Email,First Name,Last Name,Total,Currency,Country\n".to_owned();
    let mut number = 0;
    for customer in 0..60 {
        let (first, last) = match customer {
            0 => ("\"=HYPERLINK(\"\"http://x.example\"\")\"", "+1"),
            1 => ("<script>alert(1)</script>", "@SUM(A1)"),
            _ => ("Ada", "Meyer"),
        };
        for order in 0..=customer % 5 {
            number += 1;
            let month = 1 + (customer + order * 2) % 12;
            let total = 10 + (customer * 7 + order * 13) % 90;
            text.push_str(&format!(
                "{number},2024-{month:02}-{:02} 10:00,c{customer},c{customer}@example.com,{first},{last},{total}.50,EUR,{}\n",
                1 + customer % 28,
                ["DE", "FR", "IT"][customer % 3]
            ));
        }
    }
    text
}

/// A store with these orders.
pub fn shop() -> tempfile::TempDir {
    let folder = empty();
    let workspace = Workspace::open(folder.path(), &Overrides::default()).unwrap();
    let path = folder.path().join("orders.csv");
    std::fs::write(&path, orders()).unwrap();
    let report = workspace.import(&ImportAsk { paths: vec![path], ..ImportAsk::default() }, &|_| {}).unwrap();
    assert_eq!(report.refused(), 0);
    folder
}

/// A store with nothing in it.
pub fn empty() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let overrides = Overrides { zone: Some("Europe/Berlin".to_owned()), currency: Some("EUR".to_owned()), ..Overrides::default() };
    Workspace::init(folder.path(), &overrides).unwrap();
    folder
}

impl Running {
    /// On a store, with an owner.
    pub fn on(folder: tempfile::TempDir, options: Options) -> Running {
        let (running, link) = Running::start(folder, options, true);
        assert_eq!(link, None);
        running
    }

    /// On the shop of tests.
    pub fn shop() -> Running {
        Running::on(shop(), options())
    }

    /// Starts, with an owner or with the link that makes one.
    pub fn start(folder: tempfile::TempDir, options: Options, owner: bool) -> (Running, Option<String>) {
        let workspace = Workspace::open(folder.path(), &Overrides::default()).unwrap();
        let server = Server::bind(workspace, Overrides::default(), options).unwrap();
        let first = FirstOwner { email: OWNER.to_owned(), password: PASSWORD.to_owned() };
        let link = server.first_start(owner.then_some(&first)).unwrap();
        let address = server.address();
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            server
                .run(async move {
                    let _ = tokio::task::spawn_blocking(move || stopped.recv()).await;
                })
                .unwrap();
        });
        (Running { folder, address, stop: Some(stop), thread: Some(thread) }, link)
    }

    /// Stops, and gives the store back.
    pub fn stop(mut self) -> tempfile::TempDir {
        self.end();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn nobody(&self) -> Client {
        Client::nobody(self.address)
    }

    pub fn owner(&self) -> Client {
        self.sign_in(OWNER, PASSWORD)
    }

    /// Signed in, with cookie and token.
    #[track_caller]
    pub fn sign_in(&self, email: &str, password: &str) -> Client {
        let answer = self.nobody().post("/api/v1/session", &json!({"email": email, "password": password}));
        self.session(answer)
    }

    /// Somebody new of a role, by invitation.
    #[track_caller]
    pub fn somebody(&self, role: Role) -> Client {
        let email = format!("{role}-{}@example.com", self.owner().get("/api/v1/users").is(200)["data"].as_array().unwrap().len());
        let invited = self.owner().post("/api/v1/users", &json!({"email": email, "name": "Some Body", "role": role.name()})).is(201);
        let accept = json!({"token": invited["invitation"]["token"], "password": PASSWORD});
        self.session(self.nobody().post("/api/v1/invitations/accept", &accept))
    }

    /// A program with a key.
    #[track_caller]
    pub fn key(&self, scopes: &[&str]) -> Client {
        let made = self.owner().post("/api/v1/keys", &json!({"name": "test", "scopes": scopes})).is(201);
        self.nobody().with("Authorization", &format!("Bearer {}", made["secret"].as_str().unwrap()))
    }

    #[track_caller]
    pub fn session(&self, answer: crate::client::Answer) -> Client {
        assert!(answer.status == 200 || answer.status == 201, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let csrf = answer.json()["csrf"].as_str().unwrap().to_owned();
        self.nobody().with("Cookie", &cookie).with("X-CSRF-Token", &csrf)
    }

    /// Waits until a job has ended.
    #[track_caller]
    pub fn ended(&self, job: &Value) -> Value {
        let path = format!("/api/v1/jobs/{}", job["id"]);
        for _ in 0..600 {
            let job = self.owner().get(&path).is(200);
            if !job["ended_at"].is_null() {
                return job;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the job did not end")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
