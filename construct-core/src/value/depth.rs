//! How deep expressions are nested: whatever walks through one, even to free it, calls itself once for each level.

use serde_json::Value as Json;

use super::{Expr, Real};

/// How deep expressions may be nested. Who reads JSON stops somewhat deeper, `serde_json` at 128 levels, of which a
/// template has some above its properties.
pub(crate) const DEEPEST: usize = 100;

impl Expr {
    /// The expression, or [`TooDeep`](Expr::TooDeep) if it is nested more than 100 levels deep. What takes expressions
    /// from a program calls it first: going through a deeper one, or only freeing it, could take more of the stack than
    /// there is.
    ///
    /// ```
    /// use construct_core::Expr;
    /// let deep = (0..100_000).fold(Expr::from("core"), |inner, _| Expr::list([inner]));
    /// assert_eq!(deep.bounded(), Expr::TooDeep);
    /// ```
    #[must_use]
    #[inline]
    pub fn bounded(self) -> Self {
        match &self {
            Self::ByName(_) | Self::Call(..) | Self::Join(_) | Self::List(_) | Self::Map(_) if !self.fits(DEEPEST) => {
                self.take_apart();
                Self::TooDeep
            }
            _ => self,
        }
    }

    fn fits(&self, levels: usize) -> bool {
        let Some(left) = levels.checked_sub(1) else { return false };
        match self {
            Self::ByName(inner) | Self::Call(_, inner) => inner.fits(left),
            Self::Join(items) | Self::List(items) => items.iter().all(|item| item.fits(left)),
            Self::Map(entries) => entries.iter().all(|(_, value)| value.fits(left)),
            _ => true,
        }
    }

    /// Frees it level by level, however deep it is.
    fn take_apart(self) {
        let mut open = vec![self];
        while let Some(expr) = open.pop() {
            match expr {
                Self::ByName(inner) | Self::Call(_, inner) => open.push(*inner),
                Self::Join(items) | Self::List(items) => open.extend(items),
                Self::Map(entries) => open.extend(entries.into_iter().map(|(_, value)| value)),
                _ => {}
            }
        }
    }
}

/// Any JSON is an expression: whole property trees can be taken from a file.
impl From<Json> for Expr {
    fn from(json: Json) -> Self {
        from_json(json, DEEPEST)
    }
}

fn from_json(json: Json, levels: usize) -> Expr {
    let Some(left) = levels.checked_sub(1) else {
        let mut open = vec![json];
        while let Some(json) = open.pop() {
            match json {
                Json::Array(items) => open.extend(items),
                Json::Object(entries) => open.extend(entries.into_iter().map(|(_, value)| value)),
                _ => {}
            }
        }
        return Expr::TooDeep;
    };
    match json {
        Json::Null => Expr::Null,
        Json::Bool(flag) => Expr::Bool(flag),
        Json::Number(number) => match number.as_i64() {
            Some(int) => Expr::Int(int),
            None => Expr::Real(Real(number.as_f64().unwrap_or(f64::NAN))),
        },
        Json::String(text) => text.into(),
        Json::Array(items) => Expr::List(items.into_iter().map(|item| from_json(item, left)).collect()),
        Json::Object(entries) => {
            Expr::Map(entries.into_iter().map(|(key, value)| (key.into(), from_json(value, left))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    /// As deep as it is said, one in the other.
    fn nested(levels: usize, around: fn(Expr) -> Expr) -> Expr {
        (1..levels).fold("core".into(), |inner, _| around(inner))
    }

    #[test]
    fn what_is_too_deep_is_told_however_deep_it_is() {
        let around: [fn(Expr) -> Expr; 5] = [
            |inner| Expr::list([Expr::from("first"), inner]),
            |inner| Expr::map([("key", inner)]),
            |inner| Expr::call("Fn::Select", inner),
            |inner| Expr::Join(vec![inner]),
            |inner| Expr::ByName(Box::new(inner)),
        ];
        for around in around {
            assert_eq!(nested(DEEPEST, around).bounded(), nested(DEEPEST, around));
            assert_eq!(nested(DEEPEST + 1, around).bounded(), Expr::TooDeep);
            assert_eq!(nested(300_000, around).bounded(), Expr::TooDeep);
            assert_eq!(text!("a{}", nested(300_000, around)).expr(), &Expr::Join(vec!["a".into(), Expr::TooDeep]));
        }
    }

    /// Nothing sees how deep it is from outside.
    #[test]
    fn an_expression_is_spelled_already() {
        assert_eq!(nested(300_000, Expr::spelled), Expr::from("core"));
        assert_eq!(Expr::spelled(nested(300_000, |inner| Expr::list([inner]))), Expr::TooDeep);
    }

    #[test]
    fn json_that_is_too_deep_is_told_too() {
        let deep = |levels| (1..levels).fold(Json::from(1), |inner, _| vec![inner].into());
        let told = |levels| format!("{:?}", Expr::from(deep(levels)));
        assert!(!told(DEEPEST).contains("TooDeep"));
        assert!(told(DEEPEST + 1).contains("TooDeep"));
        assert_eq!(told(300_000), told(DEEPEST + 1));
    }
}
