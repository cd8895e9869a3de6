//! Sorting what is short and seldom sorted.
//!
//! The standard library's sort is 5 KB for each type and order. Here it sorts places, by a function behind a pointer, and is compiled
//! once; the items are swapped into their places then. What is long, or sorted for every request, takes the slice's own.

use std::cmp::Ordering;

/// Sorts `items`; equal ones stay in their order.
pub fn sort<T: Ord>(items: &mut [T]) {
    by(items, T::cmp);
}

/// Sorts `items` by what `key` says of each; equal ones stay in their order.
pub fn by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    by(items, |one, other| key(one).cmp(&key(other)));
}

/// Sorts `items` by `order`; equal ones stay in their order.
pub fn by<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    let places = places(
        items.len(),
        &|one, other| match (items.get(one), items.get(other)) {
            (Some(one), Some(other)) => order(one, other),
            _ => Ordering::Equal,
        },
    );
    swap(places, &mut |one, other| items.swap(one, other));
}

/// At place n: where the item stands that belongs there.
fn places(length: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).collect();
    places.sort_by(|one, other| order(*one, *other));
    places
}

/// Swaps items until each stands where `places` wants it.
fn swap(mut places: Vec<usize>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..places.len() {
        // Around the circle of those that stand in each other's places.
        let mut here = start;
        while let Some(place) = places.get_mut(here) {
            let from = std::mem::replace(place, here);
            if from == start || from == here {
                break;
            }
            swap(here, from);
            here = from;
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::integer_division)]
mod tests {
    use super::*;

    #[test]
    fn items_stand_as_the_standard_library_sorts_them() {
        let mut state = 1_u64;
        for length in 0..200_u64 {
            let items: Vec<(u64, u64)> = (0..length)
                .map(|index| {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    ((state >> 33) % (length / 3 + 1), index)
                })
                .collect();
            let (mut ours, mut theirs) = (items.clone(), items);
            by_key(&mut ours, |item| item.0);
            theirs.sort_by_key(|item| item.0);
            assert_eq!(ours, theirs);
            by(&mut ours, |one, other| other.cmp(one));
            theirs.sort_by(|one, other| other.cmp(one));
            assert_eq!(ours, theirs);
            sort(&mut ours);
            theirs.sort();
            assert_eq!(ours, theirs);
        }
    }
}
