//! Work on every core. The results stand in the order of the work, so that nothing depends on how it was shared out.

use std::panic::resume_unwind;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Below this many items, starting threads costs more than it saves.
const FEW: usize = 8;

/// How many portions each thread gets: enough that none waits long for the others.
const PORTIONS: usize = 8;

/// How many threads can work at a time. Linux is asked for it with a dozen calls, which files of control groups answer.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// Maps items in parallel.
pub fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    map_beside(items, work, || ()).0
}

/// Maps items in parallel, while this thread does something else first.
pub fn map_beside<T: Send, R: Send, A>(
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
    first: impl FnOnce() -> A,
) -> (Vec<R>, A) {
    let n_threads = if items.len() < FEW { 1 } else { *CORES };
    if n_threads == 1 {
        let first = first();
        return (items.into_iter().map(work).collect(), first);
    }
    let size = items.len().div_ceil(n_threads * PORTIONS);
    let n_items = items.len();
    let mut items = items.into_iter();
    let portions: Vec<Vec<T>> = (0..n_items.div_ceil(size)).map(|_| items.by_ref().take(size).collect()).collect();
    let open = Mutex::new(portions.into_iter().enumerate());
    let worker = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let next = open.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((n, portion)) = next else { return done };
            done.push((n, portion.into_iter().map(&work).collect()));
        }
    };
    let (mut done, first) = thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(worker)).collect();
        let first = first();
        let mut done = worker();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        (done, first)
    });
    done.sort_unstable_by_key(|(n, _)| *n);
    (done.into_iter().flat_map(|(_, results)| results).collect(), first)
}

/// What workers use one after the other: whoever begins takes one that is at rest, and puts it back.
#[derive(Debug)]
pub struct Pool<T>(Mutex<Vec<T>>);

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Pool<T> {
    fn at_rest(&self) -> MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One that is at rest, if there is any.
    pub fn take(&self) -> Option<T> {
        self.at_rest().pop()
    }

    /// Lets one rest.
    pub fn put(&self, one: T) {
        self.at_rest().push(one);
    }

    /// All of them, when nobody works any more.
    pub fn into_all(self) -> Vec<T> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does two things at the same time.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        (one(), other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

#[cfg(test)]
mod tests {
    use super::{FEW, Pool, both, map, map_beside};

    #[test]
    fn both_are_done() {
        assert_eq!(both(|| 1, || "two"), (1, "two"));
    }

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        for n in [0, 1, FEW - 1, FEW, FEW + 1, 1_000] {
            let doubled = map((0..n).collect(), |item: usize| item * 2);
            assert_eq!(doubled, (0..n).map(|item| item * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_rests_is_used_again() {
        let pool = Pool::default();
        map((0..100).collect(), |_: usize| {
            let used: usize = pool.take().unwrap_or_default();
            pool.put(used + 1);
        });
        assert_eq!(pool.into_all().into_iter().sum::<usize>(), 100);
    }

    #[test]
    fn something_else_is_done_whatever_the_items() {
        for n in [0, FEW - 1, FEW] {
            assert_eq!(
                map_beside((0..n).collect(), |item: usize| item * 2, || "else"),
                ((0..n).map(|item| item * 2).collect(), "else")
            );
        }
    }

    #[test]
    #[should_panic(expected = "item 90")]
    fn a_panic_is_passed_on() {
        map((0..100).collect(), |item: usize| assert!(item != 90, "item {item}"));
    }
}
