//! How long a million customers take: `cargo run --release -p quintile-value --example value_speed -- [customers or file] [threads] [file]`.
//!
//! Customers are simulated from a BG/NBD, by the day, looked at after 30 to 730 days; or read from a file with one `x,tx,T` in days a line.
//! With a file as the last argument the histories are also written there, so that another program can be timed on the same ones.

use quintile_value::bootstrap::Random;
use quintile_value::gamma_gamma::{self, Spending};
use quintile_value::{Ahead, Histories, History, ModelName, Purchasing};
use std::io::Write;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let asked = arguments.next().unwrap_or_else(|| "1000000".to_owned());
    let threads: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    let histories = match asked.parse() {
        Ok(customers) => simulate(customers),
        Err(_) => read(&std::fs::read_to_string(&asked)?).ok_or("the file holds no lines of `x,tx,T` in days")?,
    };
    let customers = histories.len();
    if let Some(path) = arguments.next() {
        let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
        for History { again, last, age } in &histories {
            writeln!(file, "{again},{last},{age}")?;
        }
    }
    println!("{customers} customers, {threads} threads");
    // In the order in which the peer is timed: the first pays for what a program needs once.
    for name in [ModelName::BgNbd, ModelName::MbgNbd, ModelName::ParetoNbd] {
        let before = peak();
        let start = used();
        let grouped = Histories::new(&histories, 7.0)?;
        let after_group = used() - start;
        let fitted = Purchasing::fit(name, &grouped)?;
        let after_fit = used() - start;
        let rows = fitted.model.forecast(&grouped, &Ahead { horizons: [13.0], silence: 13.0, discounted: None });
        let (mut alive, mut expected) = (Vec::with_capacity(customers), Vec::with_capacity(customers));
        for row in grouped.row_of_customer() {
            let forecast = rows[*row as usize];
            alive.push(forecast.p_alive);
            expected.push(forecast.expected[0]);
        }
        let after_forecast = used() - start;
        println!(
            "{:10} {} distinct, group {:.4}, fit {:.4} ({} looks), forecast {:.4}, together {:.4} s of processor; peak +{} MB; {:?}",
            name.as_str(),
            grouped.distinct(),
            after_group,
            after_fit - after_group,
            fitted.evaluations,
            after_forecast - after_fit,
            after_forecast,
            (peak() - before) / 1024,
            fitted.model.parameters(),
        );
        std::hint::black_box((alive, expected));
    }
    let mut random = Random::of(11, 0);
    let purchases: Vec<u32> = histories.iter().map(|history| history.again).collect();
    let means: Vec<f64> = purchases
        .iter()
        .map(
            |again| if *again == 0 { 0.0 } else { random.gamma(6.25 * f64::from(*again)) / f64::from(*again) * 15.44 / random.gamma(3.74) },
        )
        .collect();
    let start = used();
    let spending = Spending::new(&purchases, &means);
    let fit = gamma_gamma::fit(&spending)?;
    println!(
        "{:10} {} customers, {:.3} s of processor ({} looks); {:?}",
        "gamma-gamma",
        spending.customers(),
        used() - start,
        fit.evaluations,
        fit.params
    );
    Ok(())
}

fn read(text: &str) -> Option<Vec<History>> {
    let history = |line: &str| {
        let mut numbers = line.split(',').map(|number| number.trim().parse::<u32>());
        Some(History { again: numbers.next()?.ok()?, last: numbers.next()?.ok()?, age: numbers.next()?.ok()? })
    };
    text.lines().map(history).collect()
}

fn simulate(customers: usize) -> Vec<History> {
    let mut random = Random::of(7, 0);
    (0..customers)
        .map(|_| {
            let age = 30 + (700.0 * random.uniform()) as u32;
            let rate = random.gamma(0.243) / 30.9;
            let chance = random.beta(0.793, 2.426);
            let (mut time, mut again, mut last) = (0.0, 0, 0);
            loop {
                time += random.exponential() / rate;
                if time >= f64::from(age) {
                    break;
                }
                // Purchases of a day are one.
                let day = (time.ceil() as u32).min(age);
                if day > last {
                    (again, last) = (again + 1, day);
                }
                if random.uniform() < chance {
                    break;
                }
            }
            History { again, last, age }
        })
        .collect()
}

/// Processor seconds used so far by all threads; 0 where the system does not say.
fn used() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok())
        .filter_map(|line| line.split_whitespace().next()?.parse::<f64>().ok())
        .sum::<f64>()
        / 1e9
}

/// The most memory ever held, in kilobytes; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
