//! What customers buy.
//!
//! Products and categories are small numbers, so what is known of each stands in an array as long as the list of
//! texts; a mark tells which customer an entry belongs to, and nothing is cleared between customers.

use crate::lines::{Coded, NO_TEXT};
use crate::out;
use crate::value::{ratio, sum, sums_fit};
use crate::work::Work;
use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{Float64Type, Int64Type};
use quintile_model::columns::amounts;
use quintile_model::time::DAY_MICROS;

pub(crate) fn column(name: &str, work: &Work<'_>) -> Option<ArrayRef> {
    let customers = work.customers();
    let favourite = |coded: &Coded<'_>, of: Which| {
        let found = favourites(work, coded, of);
        out::coded(customers, coded.texts, |customer| Some(found[customer].code).filter(|code| *code >= 0))
    };
    Some(match name {
        "distinct_products" => distinct(work, work.products()),
        "distinct_categories" => distinct(work, work.categories()),
        "favourite_category" => favourite(work.categories(), Which::All),
        "favourite_product" => favourite(work.products(), Which::All),
        "first_category" => favourite(work.categories(), Which::First),
        "first_product" => favourite(work.products(), Which::First),
        "last_category" => favourite(work.categories(), Which::Last),
        "category_concentration" => {
            let found = favourites(work, work.categories(), Which::All);
            out::column::<Float64Type>(customers, |customer| {
                let Favourite { units, known, .. } = found[customer];
                (known > 0).then(|| ratio(units, known))
            })
        }
        "full_price_unit_share" => {
            let units = work.units();
            let discounts = work.sales().amounts(amounts(&work.batch.lines.rows, "discount"));
            if sums_fit(&units) {
                return Some(out::column::<Float64Type>(customers, |customer| {
                    let sales = work.sales().of(customer);
                    let (mut full, mut all) = (0_i64, 0_i64);
                    for (units, discount) in units[sales.clone()].iter().zip(&discounts[sales]) {
                        all += units;
                        full += if *discount <= 0 { *units } else { 0 };
                    }
                    (all > 0).then(|| full as f64 / all as f64)
                }));
            }
            out::column::<Float64Type>(customers, |customer| {
                let sales = work.sales().of(customer);
                let (units, discounts) = (&units[sales.clone()], &discounts[sales]);
                let full = units.iter().zip(discounts).map(|(units, discount)| if *discount <= 0 { *units as i128 } else { 0 }).sum();
                share(full, sum(units))
            })
        }
        "new_arrival_share" => {
            let (units, products, sales) = (work.units(), work.products(), work.sales());
            let launches = work.question.launches.as_ref();
            let launched: Vec<Option<i64>> = products
                .texts
                .iter()
                .map(|product| product.and_then(|product| launches.and_then(|launches| launches.get(product)).copied()))
                .collect();
            out::column::<Float64Type>(customers, |customer| {
                let (mut new, mut known) = (0, 0);
                for sale in sales.of(customer) {
                    let code = products.codes[sale];
                    let Some(launch) = (code >= 0).then(|| launched[code as usize]).flatten() else { continue };
                    known += units[sale] as i128;
                    if work.orders.at[sales.slots[sale] as usize].saturating_sub(launch) < 30 * DAY_MICROS {
                        new += units[sale] as i128;
                    }
                }
                share(new, known)
            })
        }
        _ => return None,
    })
}

fn share(part: i128, whole: i128) -> Option<f64> {
    (whole > 0).then(|| ratio(part, whole))
}

fn distinct(work: &Work<'_>, coded: &Coded<'_>) -> ArrayRef {
    // Customers are marked from 1, so that 0 is nobody's mark.
    let mut marks = vec![0_u32; coded.texts.len()];
    let sales = work.sales();
    out::column::<Int64Type>(work.customers(), |customer| {
        let mark = customer as u32 + 1;
        let mut found = 0;
        for code in &coded.codes[sales.of(customer)] {
            if *code >= 0 {
                let seen = &mut marks[*code as usize];
                found += i64::from(*seen != mark);
                *seen = mark;
            }
        }
        Some(found)
    })
}

/// Which sales of a customer are looked at.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    All,
    First,
    Last,
}

#[derive(Clone, Copy)]
struct Favourite {
    /// [`NO_TEXT`] where there is none.
    code: i32,
    /// Units of it; the largest of all.
    units: i128,
    /// Units whose text is known.
    known: i128,
}

#[derive(Clone, Copy, Default)]
struct Tally<N> {
    units: N,
    latest: i64,
    mark: u32,
}

/// Most units, then most recent, then by name.
fn favourites(work: &Work<'_>, coded: &Coded<'_>, which: Which) -> Vec<Favourite> {
    let units = work.units();
    match sums_fit(&units) {
        true => favourites_by::<i64>(work, coded, which, &units),
        false => favourites_by::<i128>(work, coded, which, &units),
    }
}

/// The same with sums of one width.
fn favourites_by<N>(work: &Work<'_>, coded: &Coded<'_>, which: Which, units: &[i64]) -> Vec<Favourite>
where
    N: Copy + Default + Ord + std::ops::AddAssign + From<i64> + Into<i128>,
{
    let (sales, orders) = (work.sales(), &work.orders);
    let mut tallies: Vec<Tally<N>> = vec![Tally::default(); coded.texts.len()];
    // One longer than all, so that an entry can be written before it is known to stay.
    let mut touched: Vec<i32> = vec![0; coded.texts.len() + 1];
    let names = Names::of(coded);
    let one = |customer: usize| {
        let own = sales.of(customer);
        let slots = orders.of(customer);
        let slot = match which {
            Which::All => None,
            _ if slots.is_empty() => return Favourite { code: NO_TEXT, units: 0, known: 0 },
            Which::First => Some(slots.start as u32),
            Which::Last => Some(slots.end as u32 - 1),
        };
        let mark = customer as u32 + 1;
        let mut different = 0;
        for sale in own {
            let code = coded.codes[sale];
            if code < 0 || slot.is_some_and(|slot| sales.slots[sale] != slot) {
                continue;
            }
            // Whether it is the first of its kind cannot be guessed, so nothing here branches on it.
            let tally = &mut tallies[code as usize];
            let fresh = tally.mark != mark;
            let mut units_so_far = if fresh { N::default() } else { tally.units };
            units_so_far += N::from(units[sale]);
            // Lines lie in the order of their orders, so the last one seen is the most recent.
            *tally = Tally { units: units_so_far, latest: orders.at[sales.slots[sale] as usize], mark };
            touched[different] = code;
            different += usize::from(fresh);
        }
        let (mut known, mut best, mut most) = (N::default(), NO_TEXT, Tally::<N>::default());
        for code in &touched[..different] {
            let tally = tallies[*code as usize];
            known += tally.units;
            let order = (tally.units, tally.latest).cmp(&(most.units, most.latest));
            if best < 0 || order.is_gt() || (order.is_eq() && names.before(*code, best)) {
                (best, most) = (*code, tally);
            }
        }
        Favourite { code: best, units: most.units.into(), known: known.into() }
    };
    (0..work.customers()).map(one).collect()
}

/// The order of names: by rank where the list is short, by the texts themselves where ranking would cost more.
struct Names<'a> {
    ranks: Option<Vec<u32>>,
    coded: &'a Coded<'a>,
}

impl<'a> Names<'a> {
    fn of(coded: &'a Coded<'a>) -> Self {
        const SHORT: usize = 1_000;
        let ranks = (coded.texts.len() <= SHORT).then(|| {
            let mut order: Vec<usize> = (0..coded.texts.len()).collect();
            order.sort_unstable_by_key(|code| coded.texts.value(*code));
            let mut ranks = vec![0; order.len()];
            order.iter().enumerate().for_each(|(rank, code)| ranks[*code] = rank as u32);
            ranks
        });
        Names { ranks, coded }
    }

    #[inline]
    fn before(&self, a: i32, b: i32) -> bool {
        match &self.ranks {
            Some(ranks) => ranks[a as usize] < ranks[b as usize],
            None => self.coded.text(a) < self.coded.text(b),
        }
    }
}
