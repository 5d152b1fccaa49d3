//! Compares the times of `json::Object` and `BTreeMap`, in turn in one run. Of the rounds it prints
//! the shortest times, which other processes disturb least.
//! Usage: object [MEMBERS [ROUNDS]]
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;
use tiny_lambda::json::{Object, Value};

/// Returns the microseconds that a work takes.
fn micros(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e6
}

/// Returns different names in an order that no map has: 16 digits from xorshift64, or numbers behind a prefix.
fn names(kind: &str, n: usize) -> Vec<String> {
    let mut random = 88_172_645_463_325_252_u64;
    let name = |index: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        match kind {
            "random" => format!("{random:016x}"),
            "with a prefix" => format!("customer/eu-central-1/{:06}", index * 7919 % n),
            _ => format!("{index:06}"),
        }
    };
    (0..n).map(name).collect()
}

fn main() {
    let argument = |n, default| std::env::args().nth(n).map_or(default, |argument| argument.parse().unwrap());
    let (n, n_rounds): (usize, usize) = (argument(1, 10_000), argument(2, 50));
    println!("| {n} members | json::Object, µs | BTreeMap, µs | ratio |\n| --- | ---: | ---: | ---: |");
    for kind in ["random", "with a prefix", "in order"] {
        let names = names(kind, n);
        let works = ["inserted", "looked up", "removed"];
        let mut rounds = works.map(|_| Vec::new());
        for _ in 0..n_rounds {
            let (mut object, mut map) = (Object::new(), BTreeMap::<String, Value>::new());
            let inserted = (
                micros(|| names.iter().for_each(|name| assert!(object.insert(name, 1_u64).is_none()))),
                micros(|| names.iter().for_each(|name| assert!(map.insert(name.clone(), 1_u64.into()).is_none()))),
            );
            let looked_up = (
                micros(|| names.iter().rev().for_each(|name| assert!(black_box(object.get(name)).is_some()))),
                micros(|| names.iter().rev().for_each(|name| assert!(black_box(map.get(name)).is_some()))),
            );
            let removed = (
                micros(|| names.iter().for_each(|name| assert!(object.remove(name).is_some()))),
                micros(|| names.iter().for_each(|name| assert!(map.remove(name).is_some()))),
            );
            assert!(object.is_empty() && map.is_empty());
            for (round, times) in rounds.iter_mut().zip([inserted, looked_up, removed]) {
                round.push(times);
            }
        }
        for (work, round) in works.iter().zip(&rounds) {
            let shortest = |figure: fn(&(f64, f64)) -> f64| round.iter().map(figure).fold(f64::INFINITY, f64::min);
            let (ours, theirs) = (shortest(|times| times.0), shortest(|times| times.1));
            println!("| names {kind}, {work} | {ours:.0} | {theirs:.0} | {:.2} |", ours / theirs);
        }
    }
}
