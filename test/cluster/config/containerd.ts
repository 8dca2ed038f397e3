import { join } from 'node:path';
import type { NodeFiles } from '../plan/files.ts';

/** Name by which containerd knows the image of pods' first process. */
export const PAUSE_IMAGE = 'catnap.dev/test-pause:1';
/** Where Debian puts runc and the CNI plugins. */
export const RUNC = '/usr/sbin/runc';
export const CNI_PLUGINS = '/usr/lib/cni';

/**
 * One node's containerd (1.6, configuration version 2): nothing shared with a containerd of the machine,
 * nothing written outside the node's directory but the shims' sockets in /run/containerd/s, whose place is
 * fixed.
 */
export function containerdConfig(node: NodeFiles): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(node.containerdRoot)}
state = ${text(node.containerdState)}
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
  address = ${text(node.containerdSocket)}

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = ${text(PAUSE_IMAGE)}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  # Without CAP_SYS_RESOURCE a process cannot be made less likely to be killed than its parent.
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  # So that unmounting the node's directory ends all its network namespaces.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = ${text(CNI_PLUGINS)}
    conf_dir = ${text(node.cni)}
    max_conf_num = 1
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = ${text(RUNC)}
        Root = ${text(join(node.root, 'runc'))}
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = ${text(join(node.root, 'registries'))}
`;
}
