/** A definition to be changed by hand: all its keys, each with what else it could be. */
export const definitionText = (
  name: string,
): string => `// A sandbox, with the values that it has when nothing is said; what stands behind // could be said instead.
// "Burrow: Show Plan" says what will be done, "Burrow: Create Sandbox from This File" does it.
{
  "name": ${JSON.stringify(name)},

  // ["net", "pid"]: only these are new. Or for each type true (new), false (the host's) or one to join:
  // { "net": "container:redis-1" }, "sandbox:web", "netns:blue", "pid:812", "net:4026532345"
  "namespaces": ["net", "mnt", "pid", "user", "uts", "ipc", "cgroup", "time"],
  "hostname": ${JSON.stringify(name)},
  // "domainname": "lab",
  // Seconds that are added to the clocks inside.
  "time": { "monotonicSeconds": 0, "boottimeSeconds": 0 },

  // "root": you as root. "auto": also your range of /etc/subuid. "same": you as yourself.
  // { "tenant": 3 }: root of a reserved range. Or maps of your own:
  // { "uid": [{ "inside": 0, "outside": 1000 }], "gid": [{ "inside": 0, "outside": 1000 }] }
  "users": "root",

  // "discard": this machine's files, writes vanish. "readonly". "host": as they are.
  // "empty": nothing but the mounts. { "directory": "/srv/rootfs", "readonly": true }
  // { "archive": "/srv/rootfs.tar.gz" }, { "image": "/srv/oci-layout" }
  "root": "discard",
  // In this order. { "type": "bind", "source": "/srv/data", "path": "/srv/data", "readonly": true }
  // { "type": "file", "path": "/etc/motd", "content": "Hello\\n", "mode": "644" }
  // Other types: overlay, proc, sysfs, devpts, mqueue, cgroup2, dev, mask, readonly.
  "mounts": [{ "type": "tmpfs", "path": "/tmp", "mode": "1777" }],

  // "link": to the host in a free subnet. "none": only the loopback.
  // { "host": "10.201.7.1/30", "address": "10.201.7.2/30" }: these.
  "network": "link",

  // Of all processes together: "memory": "512M", "swap": "64M", "cpu": 1.5, "processes": 256,
  // "ioWeight": 100. Of each: "files": 1024, "rlimits": { "core": 0 }
  // Of a run: "wallSeconds": 60, "cpuSeconds": 30
  "limits": {},

  "security": {
    // "all", or a list: ["CAP_NET_ADMIN"]; [] is none.
    "capabilities": "all",
    "noNewPrivileges": false,
    // "default", "none", or { "file": "/srv/profile.json" } as Docker takes it.
    "seccomp": "default",
    "umask": "022",
    "dumpable": true
  },

  // As whom commands run inside: "1000", "1000:100", "nobody".
  "user": "0",
  // What "burrow run" executes, without a shell in between.
  "command": ["sh"],
  "environment": {},
  "directory": "/",

  // false: the command is pid 1. "none": no process, only namespaces.
  "init": true,
  // false: it is removed when who made it leaves.
  "persist": true,
  // "keep": it stays when a run of its command has ended.
  "onExit": "remove"
}
`;
