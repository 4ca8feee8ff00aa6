//! TLS: of the server, whose certificate is read anew when it is told so; and of the way to a mail server.

use crate::certificates::Certified;
use crate::mailbox::Mailbox;
use crate::server::{Running, options, shop};
use quintile_server::{Options, TlsFiles};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned};

fn write(folder: &Path, of: &Certified) -> TlsFiles {
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, &of.certificate).unwrap();
    std::fs::write(&files.key, &of.key).unwrap();
    files
}

/// What is answered, or why nothing is.
fn asked(config: &Arc<ClientConfig>, address: SocketAddr, head: &str) -> Result<String, String> {
    let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let connection = ClientConnection::new(config.clone(), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    stream.write_all(head.as_bytes()).map_err(|error| error.to_string())?;
    let mut text = String::new();
    stream.read_to_string(&mut text).map(|_| text).map_err(|error| error.to_string())
}

const ABOUT: &str = "GET /api/v1/about HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[test]
fn the_server_encrypts_and_takes_a_renewed_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Certified::of(&["localhost"]), Certified::of(&["localhost"]));
    let files = write(folder.path(), &first);
    let server = Running::on(shop(), Options { tls: Some(files), ..options() });
    // Who begins no handshake keeps nobody waiting.
    let idle: Vec<TcpStream> = (0..200).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let about = asked(&first.client(), server.address, ABOUT).unwrap();
    assert!(about.starts_with("HTTP/1.1 200 "), "{about}");
    drop(idle);
    // A cookie of an encrypted page is for encrypted pages alone.
    let body = json!({"email": crate::server::OWNER, "password": crate::server::PASSWORD}).to_string();
    let sign_in = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let session = asked(&first.client(), server.address, &sign_in).unwrap();
    assert!(session.to_ascii_lowercase().lines().any(|line| line.starts_with("set-cookie: ") && line.contains("secure")), "{session}");
    // Nobody is believed to be another: there is no proxy to say so.
    let metrics = |more: &str| {
        asked(&first.client(), server.address, &format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{more}Connection: close\r\n\r\n"))
    };
    assert!(metrics("").unwrap().starts_with("HTTP/1.1 200 "));
    assert!(metrics("X-Forwarded-For: 127.0.0.1\r\n").unwrap().starts_with("HTTP/1.1 401 "));
    // In the open nothing is told.
    let mut open = TcpStream::connect(server.address).unwrap();
    open.write_all(ABOUT.as_bytes()).unwrap();
    let mut told = Vec::new();
    let _ = open.read_to_end(&mut told);
    assert!(!String::from_utf8_lossy(&told).contains("HTTP/"), "{told:?}");

    if cfg!(unix) {
        let hang_up =
            || assert!(std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status().unwrap().success());
        // What cannot be used changes nothing.
        std::fs::write(folder.path().join("key.pem"), &second.key).unwrap();
        hang_up();
        std::thread::sleep(Duration::from_millis(300));
        assert!(asked(&first.client(), server.address, ABOUT).is_ok());
        write(folder.path(), &second);
        hang_up();
        let renewed = (0..50).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            asked(&second.client(), server.address, ABOUT).is_ok()
        });
        assert!(renewed);
        assert!(asked(&first.client(), server.address, ABOUT).unwrap_err().contains("certificate"));
    }
}

#[test]
fn a_certificate_that_cannot_be_used_is_said_before_anybody_comes() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Certified::of(&["localhost"]), Certified::of(&["localhost"]));
    let files = write(folder.path(), &one);
    let refused = |why: &str| {
        let store = shop();
        let workspace = quintile::Workspace::open(store.path(), &quintile::Overrides::default()).unwrap();
        let options = Options { tls: Some(files.clone()), ..options() };
        let error = quintile_server::Server::bind(workspace, quintile::Overrides::default(), options).err().expect("an error").to_string();
        assert!(error.contains(why), "{error}");
    };
    std::fs::write(&files.key, &other.key).unwrap();
    refused("is not the key of the certificate in");
    std::fs::write(&files.key, "a key").unwrap();
    refused("holds no private key");
    std::fs::write(&files.key, &one.key).unwrap();
    std::fs::write(&files.certificate, "").unwrap();
    refused("holds no certificate");
    std::fs::remove_file(&files.certificate).unwrap();
    refused("cannot be read");
}

#[test]
fn mail_leaves_encrypted_or_not_at_all() {
    let certified = Arc::new(Certified::of(&["127.0.0.1"]));
    let sent = |encryption: &str, mailbox: &Mailbox, trusts: bool| -> (u16, String) {
        let folder = shop();
        std::fs::write(folder.path().join("authority.pem"), &certified.authority).unwrap();
        let path = folder.path().join("quintile.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let authority = if trusts { "authority = 'authority.pem'" } else { "" };
        let mail = format!("[mail]\nserver = '{}'\nencryption = '{encryption}'\nfrom = 'q@shop.example'\n{authority}", mailbox.address);
        std::fs::write(&path, text.replace("[mail]", &mail)).unwrap();
        let server = Running::on(folder, options());
        let answer = server.owner().post("/api/v1/schedule/test-mail", &json!({}));
        (answer.status, answer.text())
    };
    let starttls = Mailbox::encrypted(certified.server(), true);
    assert_eq!(sent("starttls", &starttls, true).0, 200);
    assert_eq!((starttls.taken().len(), starttls.taken()[0].encrypted), (1, true));
    let wrapped = Mailbox::encrypted(certified.server(), false);
    assert_eq!(sent("tls", &wrapped, true).0, 200);
    assert_eq!((wrapped.taken().len(), wrapped.taken()[0].encrypted), (1, true));
    // An authority that nobody knows, and a server that offers no encryption.
    for (encryption, mailbox) in [("tls", &wrapped), ("starttls", &starttls)] {
        let (status, text) = sent(encryption, mailbox, false);
        assert!(status == 422 && text.contains("/problems/mail"), "{text}");
        assert_eq!(mailbox.taken().len(), 1);
    }
    let open = Mailbox::open();
    let (status, text) = sent("starttls", &open, true);
    assert!(status == 422 && text.to_lowercase().contains("starttls"), "{text}");
    assert_eq!(open.taken().len(), 0);
}
