#!/bin/bash
# The JobManager of a native deployment: the operator's pod runs `kubernetes-jobmanager.sh kubernetes-application`.
. "${FLINK_HOME:-/opt/flink}/bin/env.sh"

case $1 in
  kubernetes-application) class=org.apache.flink.kubernetes.entrypoint.KubernetesApplicationClusterEntrypoint ;;
  kubernetes-session) class=org.apache.flink.kubernetes.entrypoint.KubernetesSessionClusterEntrypoint ;;
  *) echo "unknown entrypoint $1" >&2; exit 2 ;;
esac
shift
resource_params GET_JM_RESOURCE_PARAMS "$@"
# Since 1.19 the JobManager makes a folder for fetched jars, by default below /opt/flink, which only the official image's own user may write.
# shellcheck disable=SC2086
exec_flink "$class" "$jvm_flags" $dynamic_options -Duser.artifacts.base-dir=/tmp/flink-artifacts "$@"
