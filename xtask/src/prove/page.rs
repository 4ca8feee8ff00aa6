//! The report in a real browser: desktop and phone, light and dark, printed, and what axe-core says of it.

use super::{Finding, Tools};
use crate::{demo_store, shell};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Online Retail and the demo shop, each as its report.
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
    look.current_dir(&checks).env("CHROMIUM", browser).arg("look.mjs").arg(work.join("pictures")).args(&pages);
    let said = shell::output(&mut look)?;
    let said = String::from_utf8_lossy(&said);
    let result = said.trim_end().lines().last().unwrap_or_default().to_owned();
    Ok(vec![Finding {
        what: "the report of each shop in Chromium at 1280 and 390 pixels, light and dark, axe-core on each".to_owned(),
        result,
    }])
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
