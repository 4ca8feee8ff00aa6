//! HTTP by hand: what is sent is what stands here, and every answer is held against the document.

use crate::schema::Documented;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Somebody who asks.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    pub headers: Vec<(String, String)>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }
}

impl Client {
    pub fn nobody(address: SocketAddr) -> Client {
        Client { address, headers: Vec::new() }
    }

    /// The same with a header more.
    pub fn with(&self, name: &str, value: &str) -> Client {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        client.headers.push((name.to_owned(), value.to_owned()));
        client
    }

    /// The same without a header.
    pub fn without(&self, name: &str) -> Client {
        let mut client = self.clone();
        client.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        client
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, b"")
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, b"")
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some("application/json"), body.to_string().as_bytes())
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some("application/json"), body.to_string().as_bytes())
    }

    /// Uploads a file; its id.
    #[track_caller]
    pub fn upload(&self, name: &str, bytes: &[u8]) -> String {
        let path = format!("/api/v1/uploads?name={name}");
        let answer = self.send("POST", &path, Some("application/octet-stream"), bytes).is(201);
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Sends a request, and holds the answer against the document.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, media_type: Option<&str>, body: &[u8]) -> Answer {
        let answer = self.raw(method, path, media_type, body);
        Documented::get().check(method, path, &answer);
        answer
    }

    /// Sends a request, whatever it is.
    #[track_caller]
    pub fn raw(&self, method: &str, path: &str, media_type: Option<&str>, body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {}\r\nContent-Length: {}\r\n", self.address, body.len());
        if let Some(media_type) = media_type {
            head.push_str(&format!("Content-Type: {media_type}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.bytes(&[head.as_bytes(), body].concat())
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn bytes(&self, bytes: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        // A server that has refused may close before all was sent.
        let _ = stream.write_all(bytes);
        let mut all = Vec::new();
        let mut chunk = [0; 1 << 16];
        loop {
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => all.extend_from_slice(&chunk[..read]),
                Err(error) if !all.is_empty() && error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error} after {} bytes", all.len()),
            }
        }
        parsed(&all)
    }
}

#[track_caller]
fn parsed(all: &[u8]) -> Answer {
    let end =
        all.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("no head in {:?}", String::from_utf8_lossy(all)));
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok()).expect("a status");
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect();
    Answer { status, headers, body: all[end + 4..].to_vec() }
}
