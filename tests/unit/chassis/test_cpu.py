import os

from sightline.chassis.cpu import available_cpus


def test_without_a_quota_the_affinity_mask_decides(tmp_path):
    """No cgroup files: as many processors as the process may be scheduled on."""
    assert available_cpus(tmp_path) == len(os.sched_getaffinity(0))


def test_a_quota_of_cgroup_v2_lowers_the_number(tmp_path):
    """One and a half processors' worth of time makes one thread, not as many as the machine has."""
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert available_cpus(tmp_path) == 1


def test_a_quota_of_cgroup_v1_lowers_the_number(tmp_path):
    """Half a processor still makes one thread."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("50000\n")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    assert available_cpus(tmp_path) == 1


def test_unlimited_is_no_quota(tmp_path):
    """`max` (v2) and -1 (v1) mean that there is no limit."""
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text("-1\n")
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    assert available_cpus(tmp_path) == len(os.sched_getaffinity(0))
