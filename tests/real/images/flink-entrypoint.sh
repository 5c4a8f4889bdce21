#!/bin/bash
# /docker-entrypoint.sh of the Flink image: the words the operator gives a standalone pod, or any other command.
. "${FLINK_HOME:-/opt/flink}/bin/env.sh"

start() { # GET_JM_RESOURCE_PARAMS|GET_TM_RESOURCE_PARAMS CLASS ARGS...
  local params=$1 class=$2
  shift 2
  resource_params "$params" "$@"
  # shellcheck disable=SC2086
  exec_flink "$class" "$jvm_flags" --configDir "$FLINK_CONF_DIR" $dynamic_options "$@"
}

role=$1
case $role in
  standalone-job) shift; start GET_JM_RESOURCE_PARAMS org.apache.flink.container.entrypoint.StandaloneApplicationClusterEntryPoint "$@" ;;
  jobmanager) shift; start GET_JM_RESOURCE_PARAMS org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint "$@" ;;
  taskmanager) shift; start GET_TM_RESOURCE_PARAMS org.apache.flink.runtime.taskexecutor.TaskManagerRunner "$@" ;;
  *) exec "$@" ;;
esac
