//! `spin:variables@3.0.0`: the variables that the manifest maps for the component, filled in when the host started.

use wasmtime::Result;
use wasmtime::component::Accessor;

use super::bindings::spin::variables::variables::{Error, Host, HostWithStore};
use super::state::{Guest, GuestState};
use crate::manifest::variables::check_name;

impl HostWithStore<GuestState> for Guest {
    async fn get(
        caller: &Accessor<GuestState, Self>,
        name: String,
    ) -> Result<Result<String, Error>> {
        if let Err(error) = check_name(&name) {
            return Ok(Err(Error::InvalidName(error.to_string())));
        }
        Ok(caller.with(|mut access| {
            let component = &access.get().component;
            let value = component.variables.get(&name).cloned();
            value.ok_or_else(|| {
                Error::Undefined(format!("no variable for {:?}.{name:?}", component.id))
            })
        }))
    }
}

impl Host for &mut GuestState {}
