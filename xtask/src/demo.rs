//! `cargo xtask demo`: a shop, its store, and the first questions, each command before its output; then the page on that store.

use crate::{demo_store, demo_touches, shell, web};
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Arguments {
    folder: PathBuf,
    seed: u64,
    /// Whether to open the page at the end.
    open: bool,
    /// Only write the shop's files.
    files: bool,
}

fn read(arguments: &[String]) -> Result<Arguments, String> {
    let mut read = Arguments { folder: shell::root().join("demo"), seed: 1, open: true, files: false };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{argument}` wants a value"));
        match argument.as_str() {
            "--no-open" => read.open = false,
            "--files" => read.files = true,
            "--dir" => read.folder = PathBuf::from(value()?),
            "--seed" => read.seed = value()?.parse().map_err(|_| "`--seed` wants a whole number".to_owned())?,
            other => return Err(format!("`demo` knows no `{other}`; it knows --no-open, --files, --dir DIR and --seed N")),
        }
    }
    Ok(read)
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let Arguments { folder, seed, open, files } = read(arguments)?;
    if files {
        std::fs::create_dir_all(&folder).map_err(|error| format!("`{}` could not be made: {error}", folder.display()))?;
        return demo_store::write(&folder, seed).map(drop);
    }
    // Before the program, which takes the page into itself.
    let has_page = web::build()?;
    let binary = shell::quick_binary()?;
    shell::fresh_folder(&folder)?;
    let folder = folder.canonicalize().map_err(|error| error.to_string())?;
    let shop = demo_store::write(&folder, seed)?;
    println!("A shop of {} people and {} orders lies in {}.", shop.people, shop.orders, folder.display());
    println!("Every line after a $ can be typed there; `quintile` is {}.", binary.display());

    let ask = |words: &[&str]| -> Result<(), String> {
        let mut command = Command::new(&binary);
        command.current_dir(&folder).args(words);
        println!("\n$ {}", shell::shown(&command));
        shell::must(&mut command)
    };
    let at = ["-C", "store", "--as-of", demo_store::AS_OF];
    ask(&["init", "store", "--tz", "Europe/Berlin", "--currency", "EUR"])?;
    ask(&["import", "-C", "store", demo_store::ORDERS, demo_store::CUSTOMERS, demo_store::PRODUCTS])?;
    // What people do beside ordering is of the same shop: its ids mean the same customers.
    for file in demo_touches::FILES.map(|(file, _)| file).into_iter().chain([demo_touches::COSTS]) {
        let kind = file.trim_end_matches(".csv");
        ask(&["import", "-C", "store", file, "--as", kind, "--source", "shopify"])?;
    }
    for question in [
        &["check"][..],
        &["stages"],
        &["rfm"],
        &["concentration"],
        &["opportunities"],
        &["opportunities", "--likely"],
        &["value", "fit"],
        &["clusters", "fit"],
        &["profile", "--limit", "5"],
        &["report", "-o", "report.html"],
    ] {
        ask(&[&question[..1], &at[..], &question[1..]].concat())?;
    }
    let report = folder.join("report.html");
    println!("\nThe report: {}", report.display());
    println!("What these numbers mean: docs/guides/first-store.md");
    if !has_page {
        println!("The web page was not built: it needs Node 20 or later. The program shows how instead.");
    }
    if open && std::io::stdout().is_terminal() {
        return serve(&binary, &folder);
    }
    println!("The web page: `quintile serve -C store`, then {PAGE} by the link that it prints");
    Ok(())
}

/// Where the page listens unless it is told.
const PAGE: &str = "http://127.0.0.1:7070";

/// Starts the server on the shop and opens the link that makes an owner, or the page where there is one; ends with Ctrl-C.
fn serve(binary: &Path, folder: &Path) -> Result<(), String> {
    let mut command = Command::new(binary);
    command.current_dir(folder).args(["serve", "-C", "store"]).stderr(Stdio::piped());
    println!("\n$ {}", shell::shown(&command));
    let mut server = command.spawn().map_err(|error| format!("the server could not be started: {error}"))?;
    let lines = server.stderr.take().map(|said| BufReader::new(said).lines()).into_iter().flatten().map_while(Result::ok);
    let mut opened = false;
    for line in lines {
        eprintln!("{line}");
        let is_link = line.starts_with("http://") && line.contains("/start#");
        if !opened && is_link {
            show(Path::new(&line));
            opened = true;
        }
    }
    let ended = server.wait().map_err(|error| error.to_string())?;
    if ended.success() { Ok(()) } else { Err(format!("the server ended with {ended}")) }
}

/// Hands an address to the desktop's own browser, where there is a desktop; it has been said in any case.
fn show(page: &Path) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let _ = Command::new(opener).arg(page).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}
