//! What somebody may have meant who named something that is not there.

use crate::output::grouped;

/// As many as can be taken in at a glance.
const MOST: usize = 8;

/// What there is to choose from, each in the words that show it: all of a few, or those nearest to what was `meant` and
/// how many more there are.
pub(crate) fn choice<T>(all: &[T], name: impl Fn(&T) -> &str, meant: &str, shown: impl Fn(&T) -> String) -> String {
    let mut nearest: Vec<(f64, &T)> = all.iter().map(|one| (likeness(name(one), meant), one)).collect();
    if all.len() > MOST {
        // What is equally near keeps its order.
        nearest.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    }
    let words: Vec<String> = nearest.into_iter().take(MOST).map(|(_, one)| shown(one)).collect();
    let more = match all.len().saturating_sub(MOST) {
        0 => String::new(),
        n => format!(" or one of {} more", grouped(n)),
    };
    words.join(", ") + &more
}

/// How like a name is to what was meant: as a whole or in one of its parts, which slashes divide.
fn likeness(name: &str, meant: &str) -> f64 {
    let (name, meant) = (name.to_lowercase(), meant.to_lowercase());
    let parts = name.split('/').map(|part| strsim::jaro_winkler(part, &meant));
    parts.fold(strsim::jaro_winkler(&name, &meant), f64::max)
}

#[cfg(test)]
mod tests {
    use super::choice;

    fn quoted(names: &[String], meant: &str) -> String {
        choice(names, |name| name, meant, |name| format!("`{name}`"))
    }

    #[test]
    fn of_a_few_all_are_named_in_their_order() {
        let names = ["two", "one"].map(str::to_owned);
        assert_eq!(quoted(&names, "one"), "`two`, `one`");
    }

    #[test]
    fn of_many_the_nearest_are_named() {
        let names: Vec<String> = (0..2_000).map(|n| format!("service-{n}/Deploy/Prod-{n}")).collect();
        let near = quoted(&names, "servce-1234");
        assert!(
            near.starts_with("`service-1234/Deploy/Prod-1234`, ") && near.ends_with(" or one of 1,992 more"),
            "{near}"
        );
        assert!(quoted(&names, "prod-77").starts_with("`service-77/Deploy/Prod-77`, "));
        assert!(quoted(&names, "").starts_with("`service-0/Deploy/Prod-0`, "));
    }
}
