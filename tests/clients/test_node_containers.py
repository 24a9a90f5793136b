"""What a container finds inside: who it is, what it may do, its files, its limits. All of it is asked from inside."""

import os
import re

import pytest

# The capabilities that a container has when nobody asks for others, as Docker gives them.
USUAL = {
    "chown": 0, "dac_override": 1, "fowner": 3, "fsetid": 4, "kill": 5, "setgid": 6, "setuid": 7, "setpcap": 8,
    "net_bind_service": 10, "net_raw": 13, "sys_chroot": 18, "mknod": 27, "audit_write": 29, "setfcap": 31,
}  # fmt: skip


def mask(*more, but=()):
    bits = {number for name, number in USUAL.items() if name not in but} | set(more)
    return f"{sum(1 << bit for bit in bits):016x}"


def fields(lines):
    return dict(line.split(" ", 1) for line in lines if " " in line)


def test_who_and_where_it_is(node):
    said = fields(
        node.tells(
            {
                "command": """
                echo me $(id -u):$(id -g); echo where $(pwd); echo host $(hostname); echo pid $$
                echo caps $(grep CapEff /proc/self/status | cut -f2)
                echo seccomp $(grep Seccomp: /proc/self/status | cut -f2)
                echo fds $(ls /proc/self/fd | wc -l); echo dev $(ls /dev | tr '\\n' ' ')
                cd /sys/fs/cgroup
                echo limit $(cat memory/memory.limit_in_bytes 2>/dev/null || cat memory.max)
                echo new > /etc/new && echo wrote $(cat /etc/new)
                """,
                "workingDirectory": "/var/made/for/it",
                "hostname": "box",
                "memory": 48,
            }
        )
    )
    assert (said["me"], said["where"], said["host"], said["pid"]) == ("0:0", "/var/made/for/it", "box", "1")
    assert (said["caps"], said["seccomp"], said["wrote"]) == (mask(), "2", "new")
    assert said["limit"] == str(48 << 20)
    assert said["fds"] == "4"  # in, out, err, and the directory being listed
    assert {"null", "zero", "urandom", "pts", "shm", "fd", "stdout"} <= set(said["dev"].split())
    assert not {"sda", "vda", "kvm", "mem"} & set(said["dev"].split())


@pytest.mark.parametrize(
    "user, is_it",
    [("nobody", "65534:65534"), ("1000", "1000:0"), ("1000:1001", "1000:1001"), ("nobody:root", "65534:0")],
)
def test_users(node, user, is_it):
    command = "echo $(id -u):$(id -g); grep CapEff /proc/self/status | cut -f2; touch /etc/x 2>/dev/null || echo no"
    lines = node.tells({"command": command, "user": user})
    assert lines[0:2] == [is_it, "0" * 16] and lines[-1] == "no"


def test_capabilities_and_privileges(node):
    caps = "grep -E 'CapEff|CapBnd' /proc/self/status | cut -f2; "
    lines = node.tells(
        {
            "command": caps + "mount -t tmpfs x /tmp && echo mounted",
            "linuxParameters": {"capabilities": {"add": ["SYS_ADMIN", "NET_ADMIN"], "drop": ["MKNOD", "CHOWN"]}},
        }
    )
    assert lines[:2] == [mask(12, 21, but=("mknod", "chown"))] * 2 and "mounted" in lines
    lines = node.tells({"command": caps + "true", "linuxParameters": {"capabilities": {"drop": ["ALL"]}}})
    assert lines[:2] == ["0" * 16] * 2
    words = "test -c /dev/kmsg && echo devices; mkdir /mnt && mount -t tmpfs x /mnt && echo mounted; "
    lines = node.tells({"command": words + "grep Seccomp: /proc/self/status | cut -f2", "privileged": True})
    assert lines == ["devices", "mounted", "0"]
    lines = node.tells(
        {
            "command": "grep NoNewPrivs /proc/self/status | cut -f2; "
            "mount -t tmpfs x /tmp 2>&1 | grep -c -i 'permitted\\|denied'; "
            "mknod /tmp/disk b 254 0; cat /tmp/disk 2>&1 | grep -c -i permitted; "
            "(echo 1 > /proc/sys/kernel/panic) 2>/dev/null || echo no; "
            "(echo b > /proc/sysrq-trigger) 2>/dev/null || echo no",
            "dockerSecurityOptions": ["no-new-privileges"],
        }
    )
    assert lines == ["1", "1", "1", "no", "no"]


def test_a_read_only_root_and_what_is_writable_in_it(node):
    lines = node.tells(
        {
            "command": "(echo x > /x) 2>/dev/null || echo no; "
            "echo x > /scratch/x && cat /scratch/x; df -m /scratch | tail -1; "
            "cp /bin/busybox /scratch/sh; /scratch/sh true 2>/dev/null || echo noexec; df -m /dev/shm | tail -1",
            "readonlyRootFilesystem": True,
            "linuxParameters": {
                "tmpfs": [{"containerPath": "/scratch", "size": 7, "mountOptions": ["noexec", "mode=1777"]}],
                "sharedMemorySize": 9,
            },
        }
    )
    assert lines[:2] == ["no", "x"] and lines[3] == "noexec"
    assert lines[2].split()[1] == "7" and lines[4].split()[1] == "9"


def test_limits_system_controls_and_the_init_process(node):
    lines = node.tells(
        {
            "command": "ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax; "
            "cat /proc/1/comm | grep -q sh || echo init",
            "ulimits": [
                {"name": "nofile", "softLimit": 100, "hardLimit": 200},
                {"name": "core", "softLimit": 0, "hardLimit": 0},
            ],
            "systemControls": [
                {"namespace": "net.core.somaxconn", "value": "321"},
                {"namespace": "kernel.msgmax", "value": "4321"},
            ],
            "linuxParameters": {"initProcessEnabled": True},
        }
    )
    assert lines == ["100", "200", "0", "321", "4321", "init"]
    # The init process takes what nobody waits for.
    lines = node.tells(
        {
            "command": "(sleep 0.1 &); sleep 0.4; ps -o stat | grep -c Z; true",
            "linuxParameters": {"initProcessEnabled": True},
        }
    )
    assert lines == ["0"]


def test_processor_shares_and_quotas(node):
    words = {
        "command": "g=/sys/fs/cgroup; cat $g/cpu/cpu.shares 2>/dev/null || cat $g/cpu.weight; "
        "cat $g/memory/memory.soft_limit_in_bytes 2>/dev/null || cat $g/memory.low",
        "cpu": 256,
        "memoryReservation": 24,
    }
    lines = node.tells(words)
    assert lines[0] in ("256", "10") and lines[1] == str(24 << 20)


def test_a_pseudo_terminal(node):
    words = {"command": "tty; test -t 0 && test -t 1 && echo both", "pseudoTerminal": True, "interactive": True}
    lines = node.tells(words)
    assert lines[0].strip().startswith("/dev/pts/") or lines[0].strip().startswith("/dev/console")
    assert lines[1].strip() == "both"


# Volumes


def test_volumes_from_the_host_and_of_the_task(node, tmp_path):
    (tmp_path / "in").write_text("from outside\n")
    missing = tmp_path / "not" / "there"
    arn = node.run(
        {
            "name": "writer",
            "memory": 32,
            "command": "echo one > /v/file; touch /v/done; echo made > /made/x; "
            "(echo x > /host/x) 2>/dev/null || echo read-only; cat /host/in",
            "mountPoints": [
                {"sourceVolume": "host", "containerPath": "/host", "readOnly": True},
                {"sourceVolume": "own", "containerPath": "/v"},
                {"sourceVolume": "missing", "containerPath": "/made"},
            ],
            "essential": False,
        },
        {
            "command": "cat /w/file /v/file; (echo x >> /v/file) 2>/dev/null || echo read-only",
            "memory": 32,
            "mountPoints": [{"sourceVolume": "own", "containerPath": "/w"}],
            "volumesFrom": [{"sourceContainer": "writer", "readOnly": True}],
            "dependsOn": [{"containerName": "writer", "condition": "SUCCESS"}],
        },
        volumes=[{"name": "host", "host": {"sourcePath": str(tmp_path)}}, {"name": "own"}]
        + [{"name": "missing", "host": {"sourcePath": str(missing)}}],
    )
    task = node.stopped(arn)
    assert node.said(task, "writer") == ["read-only", "from outside"], task
    assert node.said(task) == ["one", "one", "read-only"]
    assert (missing / "x").read_text() == "made\n"  # it is the host's, and stays
    # The task's own is gone with it.
    assert not (node.server.data / "node/tasks").joinpath(arn.rsplit("/")[-1]).exists()


def test_shared_volumes_outlive_tasks(node):
    shared = lambda name, **more: {
        "name": name,
        "dockerVolumeConfiguration": {"scope": "shared", "driver": "local"} | more,
    }
    point = [{"sourceVolume": "keep", "containerPath": "/v"}]
    words = {"command": "echo again >> /v/log; cat /v/log", "mountPoints": point}
    volumes = [shared("keep", autoprovision=True)]
    assert node.tells(words, volumes=volumes) == ["again"]
    assert node.tells(words, volumes=volumes) == ["again", "again"]
    words["mountPoints"] = [{"sourceVolume": "none", "containerPath": "/v"}]
    task = node.ends(words, volumes=[shared("none")])
    assert task["stopCode"] == "TaskFailedToStart" and "none" in task["stoppedReason"]


def test_a_volume_begins_with_what_the_image_has_there(node):
    node.add_image("full:1", files={"data/a": b"from the image\n"}, Volumes={"/data": {}, "/anonymous": {}})
    words = {
        "image": "full:1",
        "command": "cat /data/a; grep -c ' /anonymous ' /proc/mounts; echo x > /anonymous/x && echo wrote",
        "mountPoints": [{"sourceVolume": "v", "containerPath": "/data"}],
    }
    assert node.tells(words, volumes=[{"name": "v"}]) == ["from the image", "1", "wrote"]


# Shared namespaces


def test_whose_processes_and_whose_memory_it_sees(node):
    other = {"name": "other", "command": "exec sleep 999", "memory": 32, "essential": False, "stopTimeout": 2}
    look = {
        "command": "sleep 0.2; ps -o args | grep -c '[s]leep 999'; "
        "readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid",
        "memory": 32,
        "dependsOn": [{"containerName": "other", "condition": "START"}],
    }
    say = "readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid; "
    other["command"] = say + other["command"]
    private = node.ends(other, look)
    task_pid = node.ends(other, look, pidMode="task", ipcMode="task")
    host_ns = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("ipc", "pid")]
    seen = lambda task: (node.said(task)[0], node.said(task)[1:], node.said(task, "other"))
    count, mine, others = seen(private)
    assert count == "0" and not set(mine) & set(others) and not set(mine) & set(host_ns)
    count, mine, others = seen(task_pid)
    assert count == "1" and mine == others and not set(mine) & set(host_ns)
    assert node.tells(say + "test -d /proc/1 && echo see", pidMode="host", ipcMode="host") == [*host_ns, "see"]
    lines = node.tells("touch /dev/shm/x 2>/dev/null || echo none; " + say, ipcMode="none")
    assert lines[-2] != host_ns[0]


def test_devices(node):
    words = {
        "command": "ls -l /dev/nothing | cut -c1; echo x > /dev/nothing && echo wrote; "
        "(echo x > /dev/control) 2>/dev/null || echo no",
        "linuxParameters": {
            "devices": [
                {"hostPath": "/dev/null", "containerPath": "/dev/nothing"},
                {"hostPath": "/dev/loop-control", "containerPath": "/dev/control", "permissions": ["read"]},
            ]
        },
    }
    lines = node.tells(words)
    assert lines[:2] == ["c", "wrote"] and lines[-1] == "no"


def test_names_it_knows(node):
    lines = node.tells(
        {
            "command": "cat /etc/resolv.conf; grep -E 'db|box' /etc/hosts; cat /etc/hostname",
            "hostname": "box",
            "dnsServers": ["10.9.8.7"],
            "dnsSearchDomains": ["internal.example"],
            "extraHosts": [{"hostname": "db", "ipAddress": "10.1.2.3"}],
        }
    )
    assert "nameserver 10.9.8.7" in lines and "search internal.example" in lines
    assert "10.1.2.3\tdb" in lines and lines[-1] == "box"
    assert any(re.fullmatch(r"[\d.]+\tbox", line) for line in lines)
