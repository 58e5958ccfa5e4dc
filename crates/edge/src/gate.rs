//! What the edge knows of the world behind and before it: the kernel, and who may come in.

use std::path::PathBuf;
use std::sync::Arc;

use ringfence_govern::Decisions;
use ringfence_identity::Principals;
use ringfence_kernel::Kernel;

use crate::room::Room;

/// Shared by all ways in.
#[derive(Debug)]
pub struct Gate {
    /// The kernel.
    pub kernel: Arc<Kernel>,
    /// Who is let in, and as whom.
    pub principals: Principals,
    /// Where the operator credential is kept.
    pub keys_dir: PathBuf,
    /// Signed decisions about approvals.
    pub decisions: Decisions,
    /// Room for large messages.
    pub room: Room,
}
