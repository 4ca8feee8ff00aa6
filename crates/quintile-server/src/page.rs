//! The page: built into the program from `web/dist`, or read from a folder, or a placeholder that says how to build it.

use crate::answered::{self, Answered};
use crate::app::App;
use crate::problem::Problem;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use std::borrow::Cow;
use std::path::Path;

// `PAGE`: path from the folder of the page on, and bytes; empty when the page was not built.
include!(concat!(env!("OUT_DIR"), "/page.rs"));

const PLACEHOLDER: &str = include_str!("placeholder.html");

/// What scripts and styles of the page may do: come from here, and talk to here.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// A file of the page. Paths that are none of its files are places inside the page.
pub fn answer(app: &App, request: &Request) -> Result<Answered, Problem> {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") || path.starts_with("/v1/") {
        return Err(Problem::not_found(format!("there is no `{path}`; see /api/v1/openapi.json")));
    }
    if !matches!(request.method().as_str(), "GET" | "HEAD") {
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "the page is only read"));
    }
    let name = path.trim_start_matches('/');
    let folder = app.options.page.as_deref();
    if let Some(bytes) = file(folder, name) {
        let lasting = name.starts_with("assets/");
        return Ok(served(bytes, name, if lasting { "public, max-age=31536000, immutable" } else { "no-cache" }));
    }
    if name.rsplit('/').next().is_some_and(|last| last.contains('.')) {
        return Err(Problem::not_found(format!("the page has no `{path}`")));
    }
    let index = file(folder, "index.html").unwrap_or(Cow::Borrowed(PLACEHOLDER.as_bytes()));
    Ok(served(index, "index.html", "no-cache"))
}

/// A file of the folder, or of what is built in. Only plain names are looked for, so that no path leads out of the folder.
fn file(folder: Option<&Path>, name: &str) -> Option<Cow<'static, [u8]>> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    if !name.split('/').all(plain) {
        return None;
    }
    match folder {
        Some(folder) => std::fs::read(folder.join(name)).ok().map(Cow::Owned),
        None => PAGE.iter().find(|(known, _)| *known == name).map(|(_, bytes)| Cow::Borrowed(*bytes)),
    }
}

fn served(bytes: Cow<'static, [u8]>, name: &str, cache: &str) -> Answered {
    let body: axum::body::Bytes = match bytes {
        Cow::Borrowed(bytes) => bytes.into(),
        Cow::Owned(bytes) => bytes.into(),
    };
    let answered = answered::with(answered::bytes(body, media_type(name)), header::CACHE_CONTROL, cache);
    answered::with(answered, header::CONTENT_SECURITY_POLICY, POLICY)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("dist");
        std::fs::create_dir_all(folder.join("assets")).unwrap();
        std::fs::write(outer.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(folder.join("assets/a.js"), "1").unwrap();
        std::fs::write(folder.join(".env"), "secret").unwrap();
        let found = |name: &str| file(Some(&folder), name).is_some();
        assert!(found("assets/a.js"));
        for name in [
            "../secret.txt",
            "assets/../../secret.txt",
            "assets/..%2f..%2fsecret.txt",
            ".env",
            "",
            "/",
            "assets",
            "assets//a.js",
            "..\\secret.txt",
        ] {
            assert!(!found(name), "{name}");
        }
    }
}
