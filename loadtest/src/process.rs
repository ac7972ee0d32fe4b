//! What a running process takes: memory and processor time, as Linux tells it in `/proc`.

use std::fs;
use std::io;
use std::time::Duration;

/// Clock ticks in a second, in `/proc/PID/stat`: 100 on every Linux that Rust runs on.
const TICKS: u64 = 100;

/// A process of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    /// Memory that it holds now, bytes.
    ///
    /// # Errors
    /// If it has ended, or is somebody else's.
    pub fn resident(self) -> io::Result<u64> {
        self.status("VmRSS:")
    }

    /// The most it held since it began, or since [`Self::forget_peak`], bytes.
    ///
    /// # Errors
    /// As [`Self::resident`].
    pub fn peak(self) -> io::Result<u64> {
        self.status("VmHWM:")
    }

    /// The peak is what it holds now.
    ///
    /// # Errors
    /// As [`Self::resident`].
    pub fn forget_peak(self) -> io::Result<()> {
        // proc(5): 5 resets the peak.
        fs::write(format!("/proc/{}/clear_refs", self.0), "5")
    }

    /// Processor time so far, its own and the kernel's for it.
    ///
    /// # Errors
    /// As [`Self::resident`].
    pub fn cpu(self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        let ticks = ticks(&stat).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Duration::from_millis(ticks * 1_000 / TICKS))
    }

    fn status(self, key: &str) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0))?;
        let kib = status.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(kib.ok_or(io::ErrorKind::InvalidData)? * 1_024)
    }
}

/// utime and stime. The name before them may have spaces and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let [user, system] = fields.get(11..13)? else { return None };
    Some(user.parse::<u64>().ok()? + system.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_takes_something() {
        let this = Process(std::process::id());
        assert!(this.resident().unwrap() > 100_000);
        assert!(this.peak().unwrap() >= this.resident().unwrap() / 2);
        this.cpu().unwrap();
    }

    #[test]
    fn a_name_with_brackets_is_read_over() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 102 0 0 0 31 11 0 0 20 0 1 0";
        assert_eq!(ticks(stat), Some(42));
    }
}
