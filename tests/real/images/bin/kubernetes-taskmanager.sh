#!/bin/bash
# A TaskManager of a native deployment. The JobManager that made the pod has divided the memory already and hands the flags over.
. "${FLINK_HOME:-/opt/flink}/bin/env.sh"

exec_flink org.apache.flink.kubernetes.taskmanager.KubernetesTaskExecutorRunner "$FLINK_TM_JVM_MEM_OPTS" --configDir "$FLINK_CONF_DIR" "$@"
