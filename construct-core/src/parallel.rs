//! Work on every core. The results stand in the order of the work, so that nothing depends on how it was shared out.

use std::panic::resume_unwind;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;

/// Below this many items, starting threads costs more than it saves.
const FEW: usize = 8;

/// Into how many portions for each thread what is left is divided whenever one takes its next: the last ones are small,
/// so that none waits long for the others.
const PORTIONS: usize = 2;

/// How many threads can work at a time. Linux is asked for it with a dozen calls, which files of control groups answer.
static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// Maps items in parallel.
pub fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    map_with(|| (), items, |(), item| work(item)).0
}

/// Maps items in parallel by workers that each have something of their own, which serves for one item after the other,
/// and gives that too: what one thread allocated is neither grown nor freed by another meanwhile, which would have to
/// wait for it.
pub fn map_with<W: Send, T: Send, R: Send>(
    new: impl Fn() -> W + Sync,
    items: Vec<T>,
    work: impl Fn(&mut W, T) -> R + Sync,
) -> (Vec<R>, Vec<W>) {
    let (results, own, ()) = map_beside(new, items, work, || ());
    (results, own)
}

/// The same, while this thread does something else first.
pub fn map_beside<W: Send, T: Send, R: Send, A>(
    new: impl Fn() -> W + Sync,
    items: Vec<T>,
    work: impl Fn(&mut W, T) -> R + Sync,
    first: impl FnOnce() -> A,
) -> (Vec<R>, Vec<W>, A) {
    let n_threads = if items.len() < FEW { 1 } else { *CORES };
    if n_threads == 1 {
        let (first, mut own) = (first(), new());
        return (items.into_iter().map(|item| work(&mut own, item)).collect(), vec![own], first);
    }
    let open = Mutex::new((0.., items.into_iter()));
    let next = || {
        let (numbers, items) = &mut *open.lock().unwrap_or_else(PoisonError::into_inner);
        let n_items = items.len().div_ceil(n_threads * PORTIONS);
        let portion: Vec<T> = items.take(n_items).collect();
        numbers.next().filter(|_| !portion.is_empty()).map(|n: usize| (n, portion))
    };
    let worker = || {
        let (mut own, mut done): (W, Vec<(usize, Vec<R>)>) = (new(), Vec::new());
        while let Some((n, portion)) = next() {
            done.push((n, portion.into_iter().map(|item| work(&mut own, item)).collect()));
        }
        (own, done)
    };
    let (workers, first) = thread::scope(|scope| {
        let others: Vec<_> = (1..n_threads).map(|_| scope.spawn(worker)).collect();
        let first = first();
        let mut workers = vec![worker()];
        workers.extend(others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic))));
        (workers, first)
    });
    let (own, done): (Vec<W>, Vec<_>) = workers.into_iter().unzip();
    let mut done: Vec<(usize, Vec<R>)> = done.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(n, _)| *n);
    (done.into_iter().flat_map(|(_, results)| results).collect(), own, first)
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
    use super::{FEW, both, map, map_beside, map_with};

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
    fn what_workers_have_serves_for_all_items() {
        for n in [0, FEW - 1, FEW, 100] {
            let (_, own) = map_with(|| 0, (0..n).collect(), |used: &mut usize, _: usize| *used += 1);
            assert_eq!(own.iter().sum::<usize>(), n);
        }
    }

    #[test]
    fn something_else_is_done_whatever_the_items() {
        for n in [0, FEW - 1, FEW] {
            let (doubled, _, other) = map_beside(|| 2, (0..n).collect(), |own, item: usize| item * *own, || "else");
            assert_eq!((doubled, other), ((0..n).map(|item| item * 2).collect(), "else"));
        }
    }

    #[test]
    #[should_panic(expected = "item 90")]
    fn a_panic_is_passed_on() {
        map((0..100).collect(), |item: usize| assert!(item != 90, "item {item}"));
    }
}
