//! Three-valued logic.

/// The answer to a question about values of which some are not known.
///
/// Kleene's strong logic: `Unknown` stands for "yes or no, depending on what is not known", so `No` and anything is
/// `No`, `Yes` or anything is `Yes`, and an `Unknown` that matters stays `Unknown`. It never turns into a guess.
///
/// ```
/// use construct_iam::access::Truth;
///
/// assert_eq!(Truth::Unknown.and(Truth::No), Truth::No);
/// assert_eq!(Truth::Unknown.or(Truth::No), Truth::Unknown);
/// assert_eq!(!Truth::Unknown, Truth::Unknown);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// True whatever the unknown values turn out to be.
    Yes,
    /// False whatever the unknown values turn out to be.
    No,
    /// Depends on a value that is not known, or on behaviour that AWS does not document.
    Unknown,
}

impl Truth {
    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// At least one of the two.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }

    /// At most `Unknown`: for an answer that follows from the policies but that no AWS page states.
    #[must_use]
    pub const fn doubted(self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes | Self::Unknown => Self::Unknown,
        }
    }

    /// Whether this is `Yes`.
    #[must_use]
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }

    /// Whether this is `No`.
    #[must_use]
    pub const fn is_no(self) -> bool {
        matches!(self, Self::No)
    }

    /// What all of them say; `Unknown` if they differ, and for none.
    pub(crate) fn agreed(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut answers = answers.into_iter();
        let first = answers.next().unwrap_or(Self::Unknown);
        if answers.all(|answer| answer == first) { first } else { Self::Unknown }
    }

    /// At least one of them; `No` for none. Stops at the first `Yes`.
    pub(crate) fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::No;
        for answer in answers {
            all = all.or(answer);
            if all.is_yes() {
                break;
            }
        }
        all
    }

    /// Every one of them; `Yes` for none. Stops at the first `No`.
    pub(crate) fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for answer in answers {
            all = all.and(answer);
            if all.is_no() {
                break;
            }
        }
        all
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Self {
        if known { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Yes};

    const ALL: [Truth; 3] = [Yes, No, Unknown];

    /// The two-valued answers a three-valued one stands for.
    fn worlds(truth: Truth) -> &'static [bool] {
        match truth {
            Yes => &[true],
            No => &[false],
            Unknown => &[true, false],
        }
    }

    fn summary(answers: &[bool]) -> Truth {
        match (answers.contains(&true), answers.contains(&false)) {
            (true, false) => Yes,
            (false, true) => No,
            _ => Unknown,
        }
    }

    #[test]
    fn connectives_are_what_all_worlds_agree_on() {
        for a in ALL {
            assert_eq!(!a, summary(&worlds(a).iter().map(|x| !x).collect::<Vec<_>>()));
            for b in ALL {
                let pairs = || worlds(a).iter().flat_map(|x| worlds(b).iter().map(move |y| (*x, *y)));
                assert_eq!(a.and(b), summary(&pairs().map(|(x, y)| x && y).collect::<Vec<_>>()), "{a:?} and {b:?}");
                assert_eq!(a.or(b), summary(&pairs().map(|(x, y)| x || y).collect::<Vec<_>>()), "{a:?} or {b:?}");
                assert_eq!(Truth::any([a, b]), a.or(b));
                assert_eq!(Truth::all([a, b]), a.and(b));
            }
        }
    }

    #[test]
    fn empty_lists_and_doubt() {
        assert_eq!(Truth::any([]), No);
        assert_eq!(Truth::all([]), Yes);
        assert_eq!(ALL.map(Truth::doubted), [Unknown, No, Unknown]);
        assert_eq!(ALL.map(Truth::is_yes), [true, false, false]);
        assert_eq!(ALL.map(Truth::is_no), [false, true, false]);
    }
}
