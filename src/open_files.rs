//! Files that this process may have open. Each connection is one, and a login is often given 1,024.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// Raises the soft limit to the hard one, and logs how many it is. One that cannot be raised stays as it is.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = if current == maximum { Ok(()) } else { setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) };
    match raised {
        Ok(()) => info!(files.most = maximum, "the limit of open files is the highest this process may have"),
        Err(error) => warn!(%error, files.most = current, "the limit of open files could not be raised"),
    }
}
