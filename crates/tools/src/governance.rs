//! The governance family: what an agent asks of people.

pub mod request_approval;

use std::sync::Arc;

use ringfence_kernel::builtin::Builtin;

use crate::BadTool;
use crate::tools;

/// All of the family.
pub(crate) fn tools() -> Result<Vec<Arc<dyn Builtin>>, BadTool> {
    tools![request_approval::RequestApproval]
}
