//! [`request!`]: which command a request is, and what answers it.

/// Declares which command a request is, and what answers it. A response that can be kept in part names the function
/// that does so.
macro_rules! request {
    ($pldm_type:ident $request:ident = $command:literal -> $response:ty $(, $decode:path)?) => {
        impl crate::Request for $request {
            const TYPE: crate::PldmType = crate::PldmType::$pldm_type;
            const COMMAND: crate::Command = crate::Command($command);
            type Response = $response;
            $(fn decode(payload: &[u8]) -> Result<crate::Answer<$response>, wire::Malformed> {
                $decode(payload)
            })?
        }
    };
}
pub(crate) use request;
