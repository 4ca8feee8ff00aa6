//! Groups nobody has named before: fitted, kept with a name and a number, and shown on cards.
//!
//! | file | what it knows |
//! | --- | --- |
//! | `columns` | by which columns, and what their ends are called |
//! | `people` | who is grouped |
//! | `stored` | the clusters that were last fitted, in `answers/clusters.json`, and how that went, in `answers/clusters-tried.json` |
//! | `cards` | how they are shown |
//!
//! `docs/concepts/clusters.md` says how k is chosen. Fitting alone changes what is kept; everybody else reads it.

mod cards;
mod columns;
mod people;
mod stored;

use crate::header::counted;
use crate::table::Answer;
use crate::workspace::Workspace;
use crate::{Error, Header, When};
use people::People;
use quintile_cluster::choose_k::{Choice, Rule, choose};
use quintile_cluster::grouping::{Grouping, Kinds};
use quintile_cluster::k_means::{self, Params};
use quintile_cluster::kinds::{KindColumn, as_points};
use quintile_cluster::naming::names_of;
use quintile_cluster::prepare::{self, Manner, Prepared};
use quintile_cluster::prototypes;
use quintile_model::ids;
use quintile_profile::ClusterModel;
use std::sync::Arc;
pub(crate) use stored::{LastFit, StoredTry};
use stored::{Stored, StoredCluster, StoredKinds};

/// Fewer customers with two orders say nothing of groups.
const LEAST_CUSTOMERS: usize = 50;

/// Clusters as they were last fitted, with whoever is in them at a moment.
pub(crate) struct ClustersFound {
    pub answer: Answer,
    /// The day they were fitted for, in the store's zone as far as that is known.
    pub fitted_as_of: String,
}

/// Clusters that are asked for.
#[derive(Debug, Clone, Default)]
pub struct ClustersAsk {
    /// The moment.
    pub when: When,
    /// How many; by the rule when `None`.
    pub k: Option<usize>,
    /// The columns to group by; recency, frequency, money and a few more when empty.
    pub columns: Vec<String>,
    /// Where chance begins: the same seed and facts give the same clusters.
    pub seed: u64,
}

impl Workspace {
    /// Fits clusters and keeps them; where there are no clear groups, what was kept stays, and the answer is how each k did.
    pub fn fit_clusters(&self, ask: &ClustersAsk) -> Result<Answer, Error> {
        let people = self.people(&ask.when, columns::grouped_by(&ask.columns)?)?;
        let least = LEAST_CUSTOMERS.max(ask.k.unwrap_or(0));
        if people.count() < least {
            let why = format!(
                "no clear groups: {} two orders or more, and fewer than {least} say nothing of groups",
                counted(people.count() as u64, "customer has", "customers have")
            );
            return Answer::new(people.header, cards::every_k(&[], None), vec![why]);
        }
        if ask.k.is_some_and(|k| k < 2) {
            return Err(Error::Usage("--k 1 is everybody; ask for two groups or more".to_owned()));
        }
        self.go_on()?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.settings.threads).build();
        let pool = pool.map_err(|error| Error::Answer(error.to_string()))?;
        let found = pool.install(|| find(&people, ask))?;
        self.go_on()?;
        let tried: Vec<_> = found.choice.tried.iter().map(stored::tried).collect();
        self.keep_last_fit(&LastFit {
            format: stored::FORMAT,
            as_of: people.header.as_of.clone(),
            customers: people.count() as u64,
            by_hand: ask.k.is_some(),
            found: found.groups.as_ref().map(|groups| groups.centres().len()),
            tried: tried.clone(),
        })?;
        let Some(groups) = &found.groups else {
            let notes = vec![
                "no clear groups: no number of groups is stable, large enough, apart, and more than chance".to_owned(),
                "`--k N` takes N groups all the same; `--columns` groups by other columns; what was fitted before stays".to_owned(),
            ];
            return Answer::new(people.header, cards::every_k(&tried, None), notes);
        };
        let before = self.stored_clusters()?.map(|(stored, _)| stored);
        let continued = match &before {
            Some(before) => self.continued(&people, groups, before, &ask.when)?,
            None => vec![None; groups.centres().len()],
        };
        let stored = keep(&people, &found, groups, ask, before.as_ref(), &continued);
        self.keep_clusters(&stored)?;
        let mut notes = vec![chosen(&found.choice, groups.centres().len(), ask.k)];
        if let Some(before) = &before {
            notes.push(what_became(before, &stored));
        }
        cards::cards(people, &stored, notes)
    }

    /// The clusters that were last fitted, with the customers who are in them at a moment.
    pub fn clusters(&self, when: &When) -> Result<Answer, Error> {
        let stored = self.some_clusters()?;
        let people = self.people(when, columns::grouped_by(&stored.asked)?)?;
        let notes = currency_note(&stored, &people.header).into_iter().collect();
        cards::cards(people, &stored, notes)
    }

    /// The same for who asks whether there are any; `None` where clusters were never fitted, or amounts are in another currency.
    pub(crate) fn clusters_found(&self, when: &When) -> Result<Option<ClustersFound>, Error> {
        let Some((stored, _)) = self.stored_clusters()? else { return Ok(None) };
        let answer = self.clusters(when)?;
        let same = answer.header.as_ref().is_some_and(|header| header.currency == stored.currency);
        Ok(same.then(|| ClustersFound { answer, fitted_as_of: stored.as_of.split('T').next().unwrap_or(&stored.as_of).to_owned() }))
    }

    /// How each k did when clusters were last fitted, whether or not groups were found.
    pub fn clusters_choice(&self) -> Result<Answer, Error> {
        let last = self.last_cluster_fit()?.ok_or(Error::NoClusters)?;
        let mut answer = Answer::list(cards::every_k(&last.tried, last.found))?;
        answer.notes.push(format!(
            "fitted as of {}; {}",
            last.as_of,
            match (last.found, last.by_hand) {
                (None, _) => "no clear groups",
                (Some(_), true) => "k was given by hand",
                (Some(_), false) => "k was chosen by the rule",
            }
        ));
        answer
            .notes
            .push("stability: of the least stable group, the mean Jaccard index over resamplings; bic: smaller is better".to_owned());
        Ok(answer)
    }

    /// For each group the place of the cluster before that it continues, if any.
    fn continued(&self, people: &People, groups: &Groups, before: &Stored, when: &When) -> Result<Vec<Option<usize>>, Error> {
        let earlier = before.grouping();
        let asked: Vec<&str> =
            people.columns.iter().map(|column| column.name).chain(people.kinds.iter().map(|of| of.column.name)).collect();
        let known = |name: &str| asked.contains(&name);
        // Other columns, other readings of the same customers, in the same order.
        let of_earlier = match earlier.columns().chain(earlier.kind_columns()).all(known) {
            true => None,
            false => Some(self.people(when, columns::grouped_by(&before.asked)?)?),
        };
        let labels = || {
            let earlier = of_earlier.as_ref().unwrap_or(people).labels(&earlier);
            groups.labels.iter().map(|label| *label as usize).zip(earlier).collect()
        };
        Ok(groups.grouping.continues(&before.grouping(), labels))
    }

    /// The columns that were asked for when clusters were last fitted; none where they never were.
    pub fn clustered_by(&self) -> Result<Vec<String>, Error> {
        Ok(self.stored_clusters()?.map_or_else(Vec::new, |(stored, _)| stored.asked))
    }

    fn some_clusters(&self) -> Result<Stored, Error> {
        let stored = self.stored_clusters()?.map(|(stored, _)| stored);
        stored.ok_or(Error::NoClusters)
    }

    /// What stands of clusters, as text: with another one, other customers are in them.
    pub(crate) fn clusters_in_force(&self) -> Result<Option<String>, Error> {
        Ok(self.stored_clusters()?.map(|(_, text)| text))
    }

    /// The model behind the column `cluster`, with a hash of it; a warning where it does not fit the question.
    pub(crate) fn cluster_model(&self, header: &mut Header) -> Result<Option<Arc<ClusterModel>>, Error> {
        let Some((stored, text)) = self.stored_clusters()? else { return Ok(None) };
        if let Some(warning) = currency_note(&stored, header) {
            header.warnings.push(format!("{warning}; `cluster` is missing"));
            return Ok(None);
        }
        header.settings = format!("{:016x}", ids::text_hash(&format!("{}\n{text}", header.settings)));
        Ok(Some(Arc::new(stored.model())))
    }
}

/// Amounts of another currency would go to other clusters.
fn currency_note(stored: &Stored, header: &Header) -> Option<String> {
    (stored.currency != header.currency)
        .then(|| format!("clusters were fitted in {}, and amounts are in {}", stored.currency, header.currency))
}

struct Found {
    prepared: Prepared,
    choice: Choice,
    groups: Option<Groups>,
}

/// Groups of either kind.
struct Groups {
    grouping: Grouping,
    labels: Vec<u32>,
    /// Of each column of kinds the code of each customer.
    codes: Vec<Vec<u32>>,
}

impl Groups {
    fn centres(&self) -> &[Vec<f64>] {
        &self.grouping.centres
    }
}

/// By k-means where there are numbers alone, else by k-prototypes.
fn find(people: &People, ask: &ClustersAsk) -> Result<Found, Error> {
    let raw: Vec<prepare::Column> = people
        .columns
        .iter()
        .zip(&people.values)
        .map(|(column, values)| prepare::Column {
            name: column.name.to_owned(),
            values: values.clone(),
            logarithm: columns::takes_logarithm(column),
        })
        .collect();
    let prepared = prepare::prepare(&raw, &Manner::default())?;
    let rule = Rule { to: Rule::new(0).to.max(ask.k.unwrap_or(0)), ..Rule::new(ask.seed) };
    let preparation = prepared.preparation.clone();
    let kinds: Vec<KindColumn> = people.kinds.iter().map(people::KindsOf::column).collect();
    let codes: Vec<Vec<u32>> = people.kinds.iter().zip(&kinds).map(|(of, column)| of.codes(column)).collect();
    let (choice, groups) = if kinds.is_empty() {
        let choice = choose(&prepared.points, &rule)?;
        let found = ask.k.or(choice.k).map(|k| k_means::fit(&prepared.points, &Params::new(k, ask.seed))).transpose()?;
        let groups = found.map(|found| Groups {
            grouping: Grouping { preparation, centres: found.centres, kinds: Kinds::default() },
            labels: found.labels,
            codes,
        });
        (choice, groups)
    } else {
        // How many is judged on points whose distances are those of k-prototypes.
        let gamma = prototypes::huang(&prepared.points);
        let choice = choose(&as_points(&prepared.points, &codes, gamma)?, &rule)?;
        let fit = |k: usize| prototypes::fit(&prepared.points, &codes, &prototypes::Params::new(k, ask.seed));
        let found = ask.k.or(choice.k).map(fit).transpose()?;
        let groups = found.map(|found| {
            let of_groups = found.groups.iter().map(|group| group.kinds.clone()).collect();
            let kinds = Kinds { columns: kinds, of_groups, gamma: found.gamma };
            let centres = found.groups.into_iter().map(|group| group.numbers).collect();
            Groups { grouping: Grouping { preparation, centres, kinds }, labels: found.labels, codes }
        });
        (choice, groups)
    };
    Ok(Found { prepared, choice, groups })
}

/// Names and numbers: those of the clusters before where one goes on, new ones else.
fn keep(
    people: &People,
    found: &Found,
    groups: &Groups,
    ask: &ClustersAsk,
    before: Option<&Stored>,
    continued: &[Option<usize>],
) -> Stored {
    let (preparation, centres, kinds) = (&found.prepared.preparation, groups.centres(), &groups.grouping.kinds);
    let spoken = spoken(people, found, groups);
    let mut revenue = vec![0_i128; centres.len()];
    groups.labels.iter().zip(&people.spent).for_each(|(label, spent)| revenue[*label as usize] += i128::from(spent.unwrap_or(0)));
    let mut next_number = before.map_or(1, |before| before.next_number);
    let mut taken: Vec<String> = continued
        .iter()
        .flatten()
        .zip(before)
        .filter_map(|(place, before)| before.clusters.get(*place))
        .map(|of| of.name.clone())
        .collect();
    // New ones are numbered by what they bring.
    let mut order: Vec<usize> = (0..centres.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(revenue[*place]));
    let mut clusters: Vec<Option<StoredCluster>> = vec![None; centres.len()];
    for place in order {
        let centre = centres[place].clone();
        let of_kinds = kinds.of_groups.get(place).cloned().unwrap_or_default();
        let middle = preparation.back(&centre);
        let earlier = continued[place].and_then(|earlier| before.and_then(|before| before.clusters.get(earlier)));
        clusters[place] = Some(match earlier {
            Some(earlier) => StoredCluster { centre, middle, kinds: of_kinds, continued: true, ..earlier.clone() },
            None => {
                let name = free(&spoken[place], &taken);
                taken.push(name.clone());
                next_number += 1;
                StoredCluster { number: next_number - 1, id: id_of(&name), name, centre, middle, kinds: of_kinds, continued: false }
            }
        });
    }
    let (columns, left_out) = stored::columns(preparation);
    Stored {
        format: stored::FORMAT,
        as_of: people.header.as_of.clone(),
        version: people.header.version,
        settings: people.header.settings.clone(),
        currency: people.header.currency.clone(),
        seed: ask.seed,
        customers: people.count() as u64,
        by_hand: ask.k.is_some(),
        asked: people.columns.iter().chain(people.kinds.iter().map(|of| &of.column)).map(|column| column.name.to_owned()).collect(),
        columns,
        left_out,
        kinds: kinds.columns.iter().map(|of| StoredKinds { name: of.name.clone(), kinds: of.kinds.clone() }).collect(),
        gamma: kinds.gamma,
        clusters: clusters.into_iter().flatten().collect(),
        next_number,
        tried: found.choice.tried.iter().map(stored::tried).collect(),
    }
}

/// A name for each group by what sets it apart: how far its means lie from those of all, and how much commoner its kinds are.
fn spoken(people: &People, found: &Found, groups: &Groups) -> Vec<String> {
    let points = &found.prepared.points;
    let (means, variances) = (points.means(), points.variances());
    let numbers: Vec<_> = found
        .prepared
        .preparation
        .kept
        .iter()
        .filter_map(|scale| people.columns.iter().find(|column| column.name == scale.name))
        .map(|column| columns::words(column))
        .collect();
    let kinds = &groups.grouping.kinds;
    let commoner = |group: usize, column: usize| {
        let (code, codes) = (kinds.of_groups[group][column], &groups.codes[column]);
        let members = groups.labels.iter().zip(codes).filter(|(label, _)| **label as usize == group);
        let (inside, size) = members.fold((0.0, 0.0), |(inside, size), (_, own)| (inside + f64::from(u8::from(*own == code)), size + 1.0));
        let share = codes.iter().filter(|own| **own == code).count() as f64 / codes.len() as f64;
        let deviation = (share * (1.0 - share)).sqrt();
        if size > 0.0 && deviation > 0.0 { (inside / size - share) / deviation } else { 0.0 }
    };
    let apart = |(group, centre): (usize, &Vec<f64>)| -> Vec<f64> {
        let of_number = |column: usize| (centre[column] - means[column]) / variances[column].sqrt().max(f64::MIN_POSITIVE);
        (0..points.columns()).map(of_number).chain((0..kinds.columns.len()).map(|column| commoner(group, column))).collect()
    };
    let differences: Vec<Vec<f64>> = groups.centres().iter().enumerate().map(apart).collect();
    names_of(&differences, |group, column| match numbers.get(column) {
        Some(words) => words.clone(),
        None => {
            let column = column - numbers.len();
            columns::kind_words(people.kinds[column].column, kinds.columns[column].kind(kinds.of_groups[group][column]))
        }
    })
}

fn free(name: &str, taken: &[String]) -> String {
    let mut names = std::iter::once(name.to_owned()).chain((2_u32..).map(|count| format!("{name} ({count})")));
    names.find(|name| taken.iter().all(|taken| id_of(taken) != id_of(name))).unwrap_or_else(|| name.to_owned())
}

/// As a name stands in a column: `order-often-and-spend-much`.
fn id_of(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn chosen(choice: &Choice, k: usize, by_hand: Option<usize>) -> String {
    let by_rule = match choice.k {
        Some(by_rule) => format!("the rule takes {by_rule}"),
        None => "the rule finds no clear groups".to_owned(),
    };
    match (by_hand, choice.tried.iter().find(|tried| tried.k == k)) {
        (Some(_), _) => format!("{k} groups as asked; {by_rule} (`quintile clusters show --choice` has every k)"),
        (None, Some(tried)) => format!(
            "{k} groups: the most of which every one is stable (at least {:.2}), large enough (at least {:.1} %) and apart (silhouette {:.2}); \
             `quintile clusters show --choice` has every k",
            tried.least_stability(),
            100.0 * tried.least_share(),
            tried.silhouette
        ),
        (None, None) => format!("{k} groups"),
    }
}

/// Which clusters go on, are new, or are gone.
fn what_became(before: &Stored, now: &Stored) -> String {
    let goes_on = now.clusters.iter().filter(|cluster| cluster.continued).count();
    let new: Vec<String> = now.clusters.iter().filter(|cluster| !cluster.continued).map(|cluster| format!("`{}`", cluster.id)).collect();
    let gone: Vec<String> = before
        .clusters
        .iter()
        .filter(|old| !now.clusters.iter().any(|cluster| cluster.number == old.number))
        .map(|old| format!("`{}`", old.id))
        .collect();
    let mut parts = vec![format!("{} with number and name", counted(goes_on as u64, "cluster goes on", "clusters go on"))];
    if !new.is_empty() {
        parts.push(format!("new: {}", new.join(", ")));
    }
    if !gone.is_empty() {
        parts.push(format!("gone: {}", gone.join(", ")));
    }
    format!("since {}: {}", before.as_of, parts.join("; "))
}
