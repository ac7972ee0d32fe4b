//! The image of the server: what `scripts/image` lays out, and that it is enough.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::cluster::{Cluster, tree};
use super::machine::{NOBODY, is_root, run, uids};
use super::settings::script;

#[test]
fn the_image_holds_one_program_its_libraries_and_nothing_else() {
    let tree = tree();
    let files = files(tree.path());
    let others: Vec<_> = files.iter().filter(|name| !name.contains(".so")).map(String::as_str).collect();
    assert_eq!(others, ["etc/group", "etc/nsswitch.conf", "etc/passwd", "usr/local/bin/allthrive"]);
    for name in &files {
        let mode = std::fs::metadata(tree.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7022, 0, "{name} may be changed by others, or makes somebody else of who runs it");
    }
    // It would mix with what is there.
    let refused = script("image", &[&tree.path().display().to_string()]).output().unwrap();
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("is not empty"));
}

fn files(root: &Path) -> BTreeSet<String> {
    let find = run(Command::new("find").arg(root).args(["!", "-type", "d", "-printf", "%P\\n"]));
    find.lines().map(str::to_owned).collect()
}

#[test]
fn the_image_starts_as_nobody_on_a_root_it_cannot_write_and_is_well() {
    Cluster::run(|mut cluster| async move {
        let node = cluster.node(0);
        let proc = format!("/proc/{}", node.id());
        if is_root() {
            let status = std::fs::read_to_string(format!("{proc}/status")).unwrap();
            assert!(uids(&status).all(|uid| uid == NOBODY), "{status}");
            let powers = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
            assert_eq!(powers.trim(), "0000000000000000");
        }
        let mounts = std::fs::read_to_string(format!("{proc}/mountinfo")).unwrap();
        let root = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>()).rfind(|fields| fields[4] == "/");
        // Without the right to mount, the tree belongs to another and is closed to writing.
        if let Some(fields) = root {
            assert!(fields[5].split(',').any(|option| option == "ro"), "{mounts}");
        }
        assert!(cluster.health_check(0), "{}", node.log());
        // The one place it may write to has the letters.
        assert!(cluster.mail().is_dir());
        let end = cluster.stop(0).await;
        assert!(end.success(), "{end}");
        assert!(!cluster.health_check(0));
    });
}
