//! The safety family: is this code safe, what has been recorded, how is the kernel.

pub mod get_audit_log;
pub mod ringfence_status;
pub mod verify_code_safety;

use std::sync::Arc;

use ringfence_kernel::builtin::Builtin;

use crate::BadTool;
use crate::tools;

/// All of the family.
pub(crate) fn tools() -> Result<Vec<Arc<dyn Builtin>>, BadTool> {
    tools![
        verify_code_safety::VerifyCodeSafety,
        get_audit_log::GetAuditLog,
        ringfence_status::RingfenceStatus
    ]
}
