//! What an endpoint speaks: its types, and of each type the versions and commands, asked for when somebody wants to know.

use super::{GetPldmCommands, GetPldmTypes, PldmCommands, PldmTypes, Version, Versions, pldm_versions};
use crate::{Answer, CallError, Command, Failure, PldmType, Requester};
use std::collections::BTreeMap;

/// What an endpoint speaks, as far as it was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spoken {
    /// The types it lists.
    pub types: Answer<PldmTypes>,
    asked: BTreeMap<PldmType, TypeSpoken>,
}

/// What an endpoint speaks of one type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TypeSpoken {
    /// The versions it gave, or why there are none.
    pub versions: Result<Answer<Versions>, CallError>,
    /// The version the commands were asked for: the first it gave, or [`Version::NONE`].
    pub version: Version,
    /// The commands it knows.
    pub commands: Answer<PldmCommands>,
}

impl TypeSpoken {
    /// Whether the endpoint says that it knows the command.
    pub fn knows(&self, command: Command) -> bool {
        self.commands.value.contains(command)
    }
}

/// Asks an endpoint which types it speaks (DSP0240, GetPLDMTypes).
pub async fn speaks(requester: &mut Requester) -> Result<Spoken, CallError> {
    let types = requester.call(&GetPldmTypes).await?;
    Ok(Spoken { types, asked: BTreeMap::new() })
}

impl Spoken {
    /// What it speaks of `pldm_type`, asked for the first time somebody wants to know (DSP0240, GetPLDMVersion, then
    /// GetPLDMCommands for the first version).
    ///
    /// Types it does not list can be asked for all the same: real devices leave out types that they answer. A failure is
    /// not remembered, so that the next one who wants to know asks again.
    pub async fn of(&mut self, requester: &mut Requester, pldm_type: PldmType) -> Result<&TypeSpoken, CallError> {
        let spoken = match self.asked.remove(&pldm_type) {
            Some(spoken) => spoken,
            None => ask(requester, pldm_type).await?,
        };
        Ok(self.asked.entry(pldm_type).or_insert(spoken))
    }
}

/// A device that refuses GetPLDMVersion, as OpenBIC does, or gives no version that can be read, is asked for the commands
/// of no particular version. One that is silent is not: the next question would meet the same silence.
async fn ask(requester: &mut Requester, pldm_type: PldmType) -> Result<TypeSpoken, CallError> {
    let versions = pldm_versions(requester, pldm_type).await;
    if let Err(error) = &versions
        && !matches!(error.failure, Failure::Refused(_) | Failure::Malformed(_) | Failure::Transfer(_))
    {
        return Err(error.clone());
    }
    let first = versions.as_ref().ok().and_then(|answer| answer.value.versions.first());
    let version = first.copied().unwrap_or(Version::NONE);
    let commands = requester.call(&GetPldmCommands { pldm_type, version }).await?;
    Ok(TypeSpoken { versions, version, commands })
}

#[cfg(test)]
#[path = "spoken_tests.rs"]
mod tests;
