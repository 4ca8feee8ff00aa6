//! Imports that are killed, and undoing them: the store opens afterwards with whole commits only, and finishing gives
//! what an undisturbed import gives.

use super::{Finding, Tools};
use crate::chance::Chance;
use crate::shell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How much is killed.
struct Plan {
    orders: usize,
    /// Imports the orders are cut into, by time.
    parts: usize,
    kills: usize,
    seed: u64,
}

/// What came of it.
#[derive(Debug)]
struct Toll {
    /// Kills that met a running import.
    killed: usize,
    /// Of those, the ones after which the import was in the store, since it died after its commit.
    committed: usize,
    /// Imports that ended before their kill came.
    outran: usize,
    /// Stores filled to the end and found equal to the undisturbed one.
    stores: usize,
    /// Kills that met the undoing of the first import.
    undoing: usize,
    /// Of those, the ones after which it was undone.
    undone: usize,
}

pub(super) fn long(tools: &Tools) -> Result<Vec<Finding>, String> {
    let plan = Plan { orders: 1_000_000, parts: 4, kills: 200, seed: 20 };
    let toll = trial(&tools.quintile, &tools.work.join("kills"), &plan)?;
    let undoing = Finding {
        what: format!("{} kills (SIGKILL) at random moments of undoing the first of {} imports", toll.undoing, plan.parts),
        result: format!("every time the store was as before or wholly without it ({} kills came after the commit)", toll.undone),
    };
    let killing = Finding {
        what: format!("{} kills (SIGKILL) at random moments of imports of {} orders in {} parts", toll.killed, plan.orders, plan.parts),
        result: format!(
            "every time the store opened with whole commits only ({} kills came after the commit); {} stores were finished, each with the same profiles as an undisturbed one",
            toll.committed, toll.stores
        ),
    };
    Ok(vec![killing, undoing])
}

fn trial(quintile: &Path, work: &Path, plan: &Plan) -> Result<Toll, String> {
    shell::fresh_folder(work)?;
    let mut chance = Chance::seeded(plan.seed);
    let parts = write_shop(work, plan, &mut chance).map_err(|error| format!("the shop could not be written: {error}"))?;
    let store = work.join("store");

    // The undisturbed imports, and what the store says after each.
    init(quintile, &store)?;
    let mut states = vec![state(quintile, &store)?];
    let mut longest = Duration::ZERO;
    for part in &parts {
        let began = Instant::now();
        shell::output(&mut import(quintile, &store, part))?;
        longest = longest.max(began.elapsed());
        states.push(state(quintile, &store)?);
    }

    let mut toll = Toll { killed: 0, committed: 0, outran: 0, stores: 0, undoing: 0, undone: 0 };
    let mut done = parts.len();
    while toll.killed < plan.kills {
        if done == parts.len() {
            init(quintile, &store)?;
            done = 0;
        }
        let mut running =
            import(quintile, &store, &parts[done]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
        std::thread::sleep(longest.mul_f64(chance.share() * 1.02));
        let outran = match running.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => true,
            Some(status) => return Err(format!("after {} kills an import ended by itself with {status}", toll.killed)),
            None => {
                running.kill().and_then(|()| running.wait()).map_err(|error| error.to_string())?;
                false
            }
        };
        let found = state(quintile, &store).map_err(|error| format!("after kill {} the store did not open: {error}", toll.killed + 1))?;
        let committed = found == states[done + 1];
        if !committed && found != states[done] {
            return Err(format!("after kill {} the store holds neither {done} nor {} whole imports", toll.killed + 1, done + 1));
        }
        if outran && !committed {
            return Err("an import ended well and is not in the store".to_owned());
        }
        toll.killed += usize::from(!outran);
        toll.outran += usize::from(outran);
        toll.committed += usize::from(committed && !outran);
        done += usize::from(committed);
        toll.stores += usize::from(done == parts.len());
    }
    // The last store is finished in peace. Importing a file again must change nothing, so the parts are all given again.
    for part in &parts {
        shell::output(&mut import(quintile, &store, part))?;
    }
    if state(quintile, &store)? != states[parts.len()] {
        return Err("the store finished after the kills differs from the undisturbed one".to_owned());
    }
    toll.stores += usize::from(done < parts.len());
    undo_trial(quintile, work, plan, &mut chance, &states[parts.len()], &mut toll)?;
    std::fs::remove_dir_all(work).map_err(|error| error.to_string())?;
    Ok(toll)
}

/// Undoes the first import of the whole store, kills it, and looks at what is there.
fn undo_trial(quintile: &Path, work: &Path, plan: &Plan, chance: &mut Chance, whole: &u64, toll: &mut Toll) -> Result<(), String> {
    let (store, full) = (work.join("store"), work.join("full"));
    let undo = || {
        let mut command = Command::new(quintile);
        command.args(["import", "--undo", "1", "--no-progress", "-C"]).arg(&store).stdin(Stdio::null());
        command
    };
    copy_folder(&store, &full).map_err(|error| format!("the store could not be copied: {error}"))?;
    let began = Instant::now();
    shell::output(&mut undo())?;
    let takes = began.elapsed();
    let without = state(quintile, &store)?;
    if without == *whole {
        return Err("a store out of which an import was taken says what it said before".to_owned());
    }
    let mut fresh = false;
    while toll.undoing < plan.kills.div_ceil(4) {
        if !fresh {
            std::fs::remove_dir_all(&store).map_err(|error| error.to_string())?;
            copy_folder(&full, &store).map_err(|error| format!("the store could not be copied: {error}"))?;
        }
        let mut running = undo().stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        std::thread::sleep(takes.mul_f64(chance.share() * 1.02));
        let outran = running.try_wait().map_err(|error| error.to_string())?.is_some();
        if !outran {
            running.kill().and_then(|()| running.wait()).map_err(|error| error.to_string())?;
        }
        let found = state(quintile, &store).map_err(|error| format!("after a killed undo the store did not open: {error}"))?;
        if found != without && (found != *whole || outran) {
            return Err(format!("after {} killed undos the store is neither as before nor without the import", toll.undoing));
        }
        fresh = found == *whole;
        toll.undoing += usize::from(!outran);
        toll.undone += usize::from(!outran && !fresh);
    }
    if fresh {
        shell::output(&mut undo())?;
        if state(quintile, &store)? != without {
            return Err("an undo finished after kills differs from the undisturbed one".to_owned());
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() { copy_folder(&entry.path(), &target)? } else { std::fs::copy(entry.path(), target).map(drop)? }
    }
    Ok(())
}

fn init(quintile: &Path, store: &Path) -> Result<(), String> {
    if store.exists() {
        std::fs::remove_dir_all(store).map_err(|error| error.to_string())?;
    }
    shell::output(Command::new(quintile).arg("init").arg(store).args(["--tz", "UTC", "--currency", "EUR"])).map(drop)
}

fn import(quintile: &Path, store: &Path, part: &[PathBuf; 2]) -> Command {
    let mut command = Command::new(quintile);
    command.args(["import", "-C"]).arg(store).args(part).arg("--no-progress").stdin(Stdio::null());
    command
}

/// A digest of every profile, once the list of imports has been read too.
fn state(quintile: &Path, store: &Path) -> Result<u64, String> {
    shell::output(Command::new(quintile).args(["imports", "-C"]).arg(store))?;
    let profile = ["profile", "--as-of", "2026-01-01", "--format", "csv", "-C"];
    let profiles = shell::output(Command::new(quintile).args(profile).arg(store))?;
    let mut digest = DefaultHasher::new();
    profiles.hash(&mut digest);
    Ok(digest.finish())
}

/// Orders and their lines as plain CSV, in order of time, cut into parts.
fn write_shop(folder: &Path, plan: &Plan, chance: &mut Chance) -> std::io::Result<Vec<[PathBuf; 2]>> {
    let customers = (plan.orders / 4).max(1);
    let mut parts = Vec::new();
    let mut order = 0;
    for part in 0..plan.parts {
        let paths = [folder.join(format!("orders-{part}.csv")), folder.join(format!("lines-{part}.csv"))];
        let mut orders = BufWriter::new(std::fs::File::create(&paths[0])?);
        let mut lines = BufWriter::new(std::fs::File::create(&paths[1])?);
        writeln!(orders, "order_id,customer_id,created_at,channel,country")?;
        writeln!(lines, "order_id,product_id,category,quantity,unit_price,discount")?;
        let end = plan.orders * (part + 1) / plan.parts;
        while order < end {
            // A thousand days, the orders spread evenly over them.
            let second = order * 86_400_000 / plan.orders;
            let (day, second) = (second / 86_400, second % 86_400);
            let (year, day) = (2023 + day / 360, day % 360);
            let (month, day) = (1 + day / 30, 1 + day % 28);
            let customer = chance.below(customers).min(chance.below(customers));
            let channel = chance.one(&["web", "app", "store"]);
            let country = chance.one(&["DE", "FR", "US", "GB"]);
            let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
            writeln!(orders, "{},c{customer},{year}-{month:02}-{day:02}T{clock}Z,{channel},{country}", order + 1)?;
            for _ in 0..1 + chance.below(4) {
                let product = chance.below(2_000).min(chance.below(2_000));
                let price = 199 + (product * 7919) % 9_000;
                let discount = if chance.happens(0.2) { price / 10 } else { 0 };
                let quantity = 1 + chance.below(3).min(chance.below(3));
                let cents = |amount: usize| format!("{}.{:02}", amount / 100, amount % 100);
                writeln!(lines, "{},p{product},shelf-{},{quantity},{},{}", order + 1, product % 40, cents(price), cents(discount))?;
            }
            order += 1;
        }
        orders.flush()?;
        lines.flush()?;
        parts.push(paths);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_is_killed_leaves_whole_commits_and_can_be_finished() {
        let long = std::env::var_os("QUINTILE_SLOW").is_some();
        let (orders, kills) = if long { (200_000, 100) } else { (12_000, 20) };
        let plan = Plan { orders, parts: 3, kills, seed: 7 };
        let work = std::env::temp_dir().join(format!("quintile-kills-{}", std::process::id()));
        let toll = trial(&shell::tested_binary(), &work, &plan).unwrap();
        assert_eq!((toll.killed, toll.undoing), (kills, kills.div_ceil(4)));
    }
}
