//! Audiences of segments that ask the points account or the feedback: who is in them is who is in them when asked.

use std::collections::BTreeSet;

use crate::history::History;
use crate::process::Process;

pub async fn check(history: &History, reader: &Process) {
    if !history.segments {
        return;
    }
    for segment in ["rich", "unhappy"] {
        let members = reader.all(&format!("/v1/segments/{segment}/members")).await;
        let members: BTreeSet<&str> = members
            .iter()
            .filter_map(|member| member["customer"].as_str())
            .collect();
        for customer in 0..history.customers {
            let id = format!("c{customer}");
            let asked = crate::call::Call::get(&format!("/v1/segments/memberships/{id}"));
            let asked = reader.make(&asked).await.body;
            let of = asked["memberships"].as_array();
            let is_in = of.is_some_and(|all| all.iter().any(|one| one["segment"] == segment));
            assert_eq!(
                members.contains(id.as_str()),
                is_in,
                "{id} in {segment}: {asked}"
            );
        }
    }
}
