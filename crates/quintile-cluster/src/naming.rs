//! Names a person would give: by what sets a group apart from the others.
//!
//! For each column the difference of the group's mean from that of all rows, in deviations of the column. The two largest
//! give the name, in the words of their columns. Where two groups would have one name, the one that differs less takes a
//! further column in.

/// The two ends of a column, in words that follow "customers who ...".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Of those who have much of it: "order often".
    pub much: String,
    /// Of those who have little of it: "order seldom".
    pub little: String,
}

/// A difference this small, in deviations, is not worth a word.
const LEAST: f64 = 0.25;

/// A name for each group. `differences` has for each group and column (group mean - mean of all) / deviation of all, in the
/// order of `words`. Names are unique.
pub fn names(differences: &[Vec<f64>], words: &[Words]) -> Vec<String> {
    names_of(differences, |_, column| words[column].clone())
}

/// The same where what a column says differs between groups, such as of a kind: the words of a group and a column.
pub fn names_of(differences: &[Vec<f64>], words: impl Fn(usize, usize) -> Words) -> Vec<String> {
    let ranked: Vec<Vec<usize>> = differences.iter().map(|of_group| ranked(of_group)).collect();
    // How many words each name has; it begins with at most two, and takes in one more while it is another's.
    let mut taken: Vec<usize> = ranked.iter().map(|columns| columns.len().min(2)).collect();
    let spoken = |group: usize, count: usize| -> String {
        let said: Vec<String> =
            ranked[group].iter().take(count).map(|column| word(differences[group][*column], words(group, *column))).collect();
        match said.split_last() {
            None => "Like the rest".to_owned(),
            Some((last, [])) => capital(last),
            Some((last, before)) => capital(&format!("{} and {last}", before.join(", "))),
        }
    };
    loop {
        let all: Vec<String> = (0..ranked.len()).map(|group| spoken(group, taken[group])).collect();
        let twice = |group: usize| all.iter().filter(|name| **name == all[group]).count() > 1;
        let longer = (0..ranked.len()).filter(|group| twice(*group) && taken[*group] < ranked[*group].len());
        // Of all that could say more, the one whose next word says most.
        let next = longer.max_by(|a, b| {
            let strength = |group: usize| differences[group][ranked[group][taken[group]]].abs();
            strength(*a).total_cmp(&strength(*b)).then(b.cmp(a))
        });
        let Some(group) = next else { return numbered(all) };
        taken[group] += 1;
    }
}

/// Columns by how much the group differs, most first; of equals in their order.
fn ranked(differences: &[f64]) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..differences.len()).filter(|column| differences[*column].abs() >= LEAST).collect();
    columns.sort_by(|a, b| differences[*b].abs().total_cmp(&differences[*a].abs()));
    columns
}

fn word(difference: f64, words: Words) -> String {
    if difference > 0.0 { words.much } else { words.little }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Names that nothing tells apart are counted.
fn numbered(names: Vec<String>) -> Vec<String> {
    let place = |group: usize| names[..group].iter().filter(|name| **name == names[group]).count() + 1;
    (0..names.len())
        .map(|group| match place(group) {
            1 => names[group].clone(),
            count => format!("{} ({count})", names[group]),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(differences: &[&[f64]], expected: &[&str]) {
        let words = |much: &str, little: &str| Words { much: much.into(), little: little.into() };
        let words = [words("seen long ago", "seen lately"), words("order often", "order seldom"), words("spend much", "spend little")];
        let differences: Vec<Vec<f64>> = differences.iter().map(|of_group| of_group.to_vec()).collect();
        assert_eq!(names(&differences, &words), expected);
    }

    #[test]
    fn the_two_largest_differences_give_the_name() {
        check(&[&[-1.0, 2.0, 0.5], &[1.5, -0.3, 0.0]], &["Order often and seen lately", "Seen long ago and order seldom"]);
        check(&[&[0.0, 0.1, -0.9]], &["Spend little"]);
        check(&[&[0.0, 0.1, -0.2]], &["Like the rest"]);
    }

    #[test]
    fn names_are_unique() {
        check(&[&[-1.0, 2.0, 0.5], &[-1.0, 2.0, 0.9]], &["Order often and seen lately", "Order often, seen lately and spend much"]);
        check(&[&[0.0; 3], &[0.0; 3]], &["Like the rest", "Like the rest (2)"]);
        check(
            &[&[1.0, 0.0, 0.0], &[2.0, 0.0, 0.0], &[1.0, 0.0, 1.0]],
            &["Seen long ago", "Seen long ago (2)", "Seen long ago and spend much"],
        );
    }
}
