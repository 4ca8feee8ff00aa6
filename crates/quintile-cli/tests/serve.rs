//! `quintile serve` as a process: what it says when it starts, and that nothing it has acknowledged is lost when it is killed.
//! `QUINTILE_LONG` kills it fifty times.
#![cfg(feature = "server")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

struct Server {
    child: Child,
    address: String,
    said: Vec<String>,
    cookie: String,
    csrf: String,
}

fn quintile(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quintile"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("QUINTILE_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = quintile(&["init", folder.path().to_str().unwrap(), "--tz", "UTC", "--currency", "EUR"]).status().unwrap();
    assert!(made.success());
    folder
}

impl Server {
    fn start(store: &Path, owner: bool) -> Server {
        let mut command = quintile(&["serve", "-C", store.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
        if owner {
            command.env("QUINTILE_OWNER_EMAIL", "owner@example.com").env("QUINTILE_OWNER_PASSWORD", "correct horse battery");
        }
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said: Vec<String> = Vec::new();
        let wanted = if owner { 1 } else { 3 };
        while said.len() < wanted {
            said.push(lines.next().expect("it says where it listens").unwrap());
        }
        // The rest is the log, which nobody may leave unread.
        std::thread::spawn(move || lines.for_each(drop));
        let address = said[0].strip_prefix("listening on http://").unwrap_or_else(|| panic!("{said:?}")).to_owned();
        Server { child, address, said, cookie: String::new(), csrf: String::new() }
    }

    fn sign_in(&mut self) {
        let (status, head, body) =
            self.ask("POST", "/api/v1/session", "application/json", br#"{"email":"owner@example.com","password":"correct horse battery"}"#);
        assert_eq!(status, 200, "{body}");
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        self.csrf = body.split("\"csrf\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    }

    fn ask(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nCookie: {}\r\nX-CSRF-Token: {}\r\nIf-None-Match: *\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            self.cookie,
            self.csrf,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    #[track_caller]
    fn get(&self, path: &str) -> serde_json::Value {
        let (status, _, body) = self.ask("GET", path, "application/json", b"");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What SIGKILL is on this system.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_first_start_says_how_to_become_the_owner_and_the_next_does_not() {
    let store = store();
    let server = Server::start(store.path(), false);
    assert!(server.said[1].contains("this link makes the owner"), "{:?}", server.said);
    assert!(server.said[2].starts_with(&format!("http://{}/start#", server.address)), "{:?}", server.said);
    drop(server);
    let mut server = Server::start(store.path(), true);
    server.sign_in();
    assert_eq!(server.get("/api/v1/session")["person"]["role"], "owner");
}

#[cfg(unix)]
#[test]
fn it_stops_in_order_when_it_is_asked_to() {
    let store = store();
    let mut server = Server::start(store.path(), true);
    server.sign_in();
    let asked = Instant::now();
    assert!(Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status().unwrap().success());
    let ended = server.child.wait().unwrap();
    assert!(ended.success(), "{ended}");
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
}

#[test]
fn what_was_acknowledged_outlives_being_killed() {
    let rounds: u64 = if std::env::var_os("QUINTILE_LONG").is_some() { 50 } else { 5 };
    let store = store();
    let mut orders = 0;
    for round in 0..rounds {
        let mut server = Server::start(store.path(), true);
        server.sign_in();
        let segment = format!(r#"{{"name":"Round {round}","query":"number_of_orders > {round}"}}"#);
        let (status, _, body) = server.ask("PUT", &format!("/api/v1/segments/round-{round}"), "application/json", segment.as_bytes());
        assert_eq!(status, 200, "{body}");
        let mut file = "Order ID,Order Date,Customer ID,Total,Currency\n".to_owned();
        for n in 0..200 {
            file.push_str(&format!("{round}-{n},2024-03-{:02} 10:00,c{},{n}.00,EUR\n", 1 + n % 28, n % 40));
        }
        let path = format!("/api/v1/uploads?name=orders-{round}.csv");
        let (status, _, body) = server.ask("POST", &path, "application/octet-stream", file.as_bytes());
        assert_eq!(status, 201, "{body}");
        let upload: serde_json::Value = serde_json::from_str(&body).unwrap();
        let import = serde_json::json!({"uploads": [upload["id"]]}).to_string();
        let (status, _, body) = server.ask("POST", "/api/v1/imports", "application/json", import.as_bytes());
        assert_eq!(status, 202, "{body}");
        orders += 200;
        // At another moment of the import each time.
        std::thread::sleep(Duration::from_millis(round * 37 % 120));
        drop(server);
    }
    let mut server = Server::start(store.path(), true);
    server.sign_in();
    let since = Instant::now();
    let jobs = loop {
        let jobs = server.get("/api/v1/jobs")["data"].as_array().unwrap().clone();
        if jobs.iter().all(|job| !job["ended_at"].is_null()) {
            break jobs;
        }
        assert!(since.elapsed() < Duration::from_secs(120), "{jobs:?}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert_eq!(jobs.len(), rounds as usize);
    assert!(jobs.iter().all(|job| job["state"] == "done"), "{jobs:?}");
    let stages = server.get("/api/v1/check?as_of=2025-01-01");
    let counted: u64 = stages["rows"].as_array().unwrap().iter().map(|row| row["orders"].as_u64().unwrap_or(0)).sum();
    assert_eq!(counted, orders, "{stages}");
    for round in 0..rounds {
        assert_eq!(server.get(&format!("/api/v1/segments/round-{round}"))["name"], format!("Round {round}"));
    }
    assert_eq!(server.get("/api/v1/uploads")["data"], serde_json::json!([]));
}
