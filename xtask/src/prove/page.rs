//! The report and the web page in a real browser: desktop and phone, light and dark, what axe-core says of them; and the page walked
//! through as its users do.

use super::{Finding, Tools};
use crate::{demo_store, shell, web};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the overview shows of Online Retail: customers, their orders, their revenue in whole pounds. `shared/golden` has them too.
const ONLINE_RETAIL: [&str; 3] = ["4372", "18536", "8300066"];
/// Who signs in where no person does.
const OWNER: [(&str, &str); 2] = [("QUINTILE_OWNER_EMAIL", "owner@shop.example"), ("QUINTILE_OWNER_PASSWORD", "a long enough password")];

/// Online Retail and the demo shop, each as its report and on the page.
pub(super) fn long(tools: &Tools) -> Result<Vec<Finding>, String> {
    let browser = browser()?;
    let checks = shell::root().join("checks/page");
    shell::must(Command::new("npm").current_dir(&checks).args(["ci", "--silent"]))?;
    let work = tools.work.join("page");
    shell::fresh_folder(&work)?;
    let mut pages = vec![demo_page(&tools.quintile, &work.join("demo"))?];
    if let Some(shared) = super::checks::shared() {
        let orders = shared.join("data/online_retail/online_retail_I.csv.gz");
        pages.push(page_of(&tools.quintile, &work.join("online-retail"), &["Europe/London", "GBP"], &[orders])?);
    }
    let mut look = Command::new("node");
    look.current_dir(&checks).env("CHROMIUM", &browser).arg("look.mjs").arg(work.join("pictures")).args(&pages);
    let result = last_line(&shell::output(&mut look)?);
    let report =
        Finding { what: "the report of each shop in Chromium at 1280 and 390 pixels, light and dark, axe-core on each".to_owned(), result };
    Ok(vec![report, screens(tools, &browser, &work)?, walk(tools, &browser, &work)?])
}

/// Every screen of the page on the demo shop.
fn screens(tools: &Tools, browser: &Path, work: &Path) -> Result<Finding, String> {
    if !web::build()? {
        return Err("the page needs Node 20 or later to be built".to_owned());
    }
    web::npm(&["run", "--silent", "check"])?;
    web::npm(&["run", "--silent", "test"])?;
    let (server, address) = Serving::on(&tools.quintile, &work.join("demo/store"))?;
    let mut look = Command::new("node");
    look.current_dir(shell::root().join("checks/page")).env("CHROMIUM", browser).envs(OWNER);
    let said = shell::output(look.arg("screens.mjs").arg(work.join("screens")).arg(&address));
    drop(server);
    Ok(Finding {
        what: "every screen of the page in Chromium at 1280 and 390 pixels, light and dark, axe-core on each".to_owned(),
        result: last_line(&said?),
    })
}

/// The page as its users take it: Online Retail by upload where it is there, else the demo shop's orders.
fn walk(tools: &Tools, browser: &Path, work: &Path) -> Result<Finding, String> {
    let folder = work.join("walk");
    shell::fresh_folder(&folder)?;
    let mut walk = Command::new("node");
    walk.current_dir(shell::root().join("checks/page")).env("CHROMIUM", browser).env("QUINTILE_PAGE", web::folder().join("dist"));
    walk.arg("walk.mjs").arg(&tools.quintile).arg(&folder);
    match super::checks::shared() {
        Some(shared) => walk.arg(shared.join("data/online_retail/online_retail_I.csv.gz")).args(ONLINE_RETAIL),
        None => walk.arg(work.join("demo").join(demo_store::ORDERS)),
    };
    Ok(Finding {
        what: "a new owner imports, looks, builds, saves, exports; two edit at once; a viewer tries; the server is killed".to_owned(),
        result: last_line(&shell::output(&mut walk)?),
    })
}

fn last_line(said: &[u8]) -> String {
    String::from_utf8_lossy(said).trim_end().lines().last().unwrap_or_default().to_owned()
}

/// A server that ends with this value.
struct Serving(Child);

impl Serving {
    /// Starts it at a free port, with the page of `web/dist` and an owner. Returns its address beside it.
    fn on(quintile: &Path, store: &Path) -> Result<(Serving, String), String> {
        let mut command = Command::new(quintile);
        command.args(["serve", "--listen", "127.0.0.1:0", "-C"]).arg(store).arg("--page").arg(web::folder().join("dist"));
        let started = command.envs(OWNER).stderr(Stdio::piped()).spawn();
        let mut serving = Serving(started.map_err(|error| format!("the server could not be started: {error}"))?);
        let said = serving.0.stderr.take().ok_or_else(|| "the server says nothing".to_owned())?;
        let mut lines = BufReader::new(said).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("listening on ").map(str::to_owned));
        // Its log goes on, and is read so that it never has to wait.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Ok((serving, address.ok_or_else(|| "the server ended before it listened".to_owned())?))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn demo_page(quintile: &Path, folder: &Path) -> Result<PathBuf, String> {
    std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    demo_store::write(folder, 1)?;
    let files = [demo_store::ORDERS, demo_store::CUSTOMERS, demo_store::PRODUCTS].map(|name| folder.join(name));
    page_of(quintile, folder, &["Europe/Berlin", "EUR"], &files)
}

/// Imports files into a new store and gives its report.
fn page_of(quintile: &Path, folder: &Path, [zone, currency]: &[&str; 2], files: &[PathBuf]) -> Result<PathBuf, String> {
    let (store, page) = (folder.join("store"), folder.with_extension("html"));
    shell::output(Command::new(quintile).args(["init", "--tz", zone, "--currency", currency]).arg(&store))?;
    shell::output(Command::new(quintile).arg("import").arg("-C").arg(&store).args(files))?;
    for fit in ["value", "clusters"] {
        shell::output(Command::new(quintile).args([fit, "fit", "-C"]).arg(&store))?;
    }
    shell::output(Command::new(quintile).arg("report").arg("-C").arg(&store).arg("-o").arg(&page))?;
    Ok(page)
}

/// The machine's Chromium; installed where there is none and we may.
fn browser() -> Result<PathBuf, String> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    let there = || named.iter().chain(&known).find(|path| path.is_file()).cloned();
    if there().is_none() {
        shell::must(Command::new("apt-get").args(["install", "--yes", "--quiet", "chromium"]))?;
    }
    there().ok_or_else(|| "there is no Chromium; install one or name it in CHROMIUM".to_owned())
}
