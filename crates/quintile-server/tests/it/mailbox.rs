//! A mail server on this machine that keeps what it is given: SMTP as RFC 5321 has it, with AUTH PLAIN and LOGIN (RFC 4954), read from the
//! wire and answered by hand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A mail as it came.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    /// Name and password, as they were sent, in base64.
    pub login: Vec<String>,
    /// Was the way encrypted?
    pub encrypted: bool,
    /// What stands between DATA and the lone point, without the doubled points.
    pub data: String,
}

/// The server. It lives as long as the process.
pub struct Mailbox {
    pub address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Mailbox {
    /// Listens; whoever is called `refused@...` is not known here.
    pub fn open() -> Mailbox {
        Mailbox::listening(|stream, kept| drop(talk(stream, kept, Way::Open)))
    }

    /// Encrypted from the first byte on, or after STARTTLS (RFC 3207), which it offers.
    pub fn encrypted(config: Arc<ServerConfig>, starttls: bool) -> Mailbox {
        Mailbox::listening(move |stream, kept| {
            let (stream, way) = match starttls {
                true => (talk(stream, kept, Way::Offered), Way::Upgraded),
                false => (Some(stream), Way::Encrypted),
            };
            if let (Some(stream), Ok(connection)) = (stream, ServerConnection::new(config.clone())) {
                drop(talk(StreamOwned::new(connection, stream), kept, way));
            }
        })
    }

    fn listening(speak: impl Fn(TcpStream, &Mutex<Vec<Taken>>) + Send + Sync + 'static) -> Mailbox {
        let speak = Arc::new(speak);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let taken: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let kept = taken.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, speak) = (kept.clone(), speak.clone());
                std::thread::spawn(move || speak(stream, &kept));
            }
        });
        Mailbox { address, taken }
    }

    /// What was taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

/// How somebody is spoken to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    Offered,
    Upgraded,
    Encrypted,
}

/// One conversation; the stream where it is to go on encrypted.
fn talk<S: Read + Write>(stream: S, kept: &Mutex<Vec<Taken>>, way: Way) -> Option<S> {
    let mut lines = BufReader::new(stream);
    let mut mail = Taken { encrypted: matches!(way, Way::Encrypted | Way::Upgraded), ..Taken::default() };
    // After STARTTLS the other side speaks first.
    if way != Way::Upgraded {
        say(&mut lines, "220 mailbox.example ESMTP");
    }
    loop {
        let line = line(&mut lines)?;
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let path = || line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path.to_owned());
        let answer = match word.as_str() {
            "EHLO" if way == Way::Offered => "250-mailbox.example\r\n250-8BITMIME\r\n250 STARTTLS",
            "STARTTLS" if way == Way::Offered => {
                say(&mut lines, "220 2.0.0 go on");
                return Some(lines.into_inner());
            }
            "EHLO" => "250-mailbox.example\r\n250-8BITMIME\r\n250-SIZE 30000000\r\n250 AUTH PLAIN LOGIN",
            "HELO" => "250 mailbox.example",
            "AUTH" => {
                mail.login = line.split(' ').skip(1).map(str::to_owned).collect();
                while mail.login[0].eq_ignore_ascii_case("LOGIN") && mail.login.len() < 3 {
                    say(&mut lines, if mail.login.len() == 1 { "334 VXNlcm5hbWU6" } else { "334 UGFzc3dvcmQ6" });
                    mail.login.push(self::line(&mut lines)?);
                }
                "235 2.7.0 so it is"
            }
            "MAIL" => {
                let Taken { login, encrypted, .. } = mail;
                mail = Taken { login, encrypted, from: path().unwrap_or_default(), ..Taken::default() };
                "250 2.1.0 ok"
            }
            "RCPT" if path().is_some_and(|path| path.starts_with("refused@")) => "550 5.1.1 nobody of that name",
            "RCPT" => {
                mail.to.extend(path());
                "250 2.1.5 ok"
            }
            "DATA" => {
                say(&mut lines, "354 go on");
                loop {
                    match self::line(&mut lines) {
                        None => return None,
                        Some(line) if line == "." => break,
                        Some(line) => {
                            mail.data += line.strip_prefix('.').unwrap_or(&line);
                            mail.data += "\n";
                        }
                    }
                }
                kept.lock().unwrap().push(mail.clone());
                "250 2.0.0 taken"
            }
            "RSET" | "NOOP" => "250 2.0.0 ok",
            "QUIT" => {
                say(&mut lines, "221 2.0.0 bye");
                return None;
            }
            _ => "502 5.5.1 not known here",
        };
        if !say(&mut lines, answer) {
            return None;
        }
    }
}

/// Whether it could be said.
fn say<S: Read + Write>(lines: &mut BufReader<S>, text: &str) -> bool {
    let stream = lines.get_mut();
    stream.write_all(format!("{text}\r\n").as_bytes()).and_then(|()| stream.flush()).is_ok()
}

/// A line without its end; `None` when nothing comes any more.
fn line(lines: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
    Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

/// The text of the first part of a mail that has a media type: quoted-printable and base64 undone (RFC 2045).
pub fn decoded(mail: &str, media_type: &str) -> String {
    let at = mail.find(&format!("Content-Type: {media_type}")).unwrap_or_else(|| panic!("no {media_type} in\n{mail}"));
    part(mail, at)
}

/// The text of the last one.
pub fn decoded_last(mail: &str, media_type: &str) -> String {
    let at = mail.rfind(&format!("Content-Type: {media_type}")).unwrap_or_else(|| panic!("no {media_type} in\n{mail}"));
    part(mail, at)
}

fn part(whole: &str, at: usize) -> String {
    let (head, rest) = whole[at..].split_once("\n\n").unwrap();
    // A part ends where one of the boundaries of the mail stands.
    let marks = whole.split("boundary=\"").skip(1).filter_map(|rest| rest.split('"').next()).map(|mark| format!("\n--{mark}"));
    let end = marks.filter_map(|mark| rest.find(&mark)).min().unwrap_or(rest.len());
    let body = &rest[..end];
    let encoding = head.lines().find_map(|line| line.strip_prefix("Content-Transfer-Encoding: ")).unwrap_or("7bit");
    let bytes = match encoding {
        "quoted-printable" => quoted(body),
        "base64" => base64(body),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8(bytes).unwrap()
}

fn quoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let text = text.replace("=\n", "");
    let mut rest = text.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        match (first, more) {
            (b'=', [high, low, after @ ..]) => {
                bytes.push(u8::from_str_radix(&format!("{}{}", *high as char, *low as char), 16).unwrap());
                rest = after;
            }
            (byte, _) => bytes.push(*byte),
        }
    }
    bytes
}

/// Base64 as RFC 4648 has it.
pub fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let Some(value) = LETTERS.iter().position(|known| *known == letter) else { continue };
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}
