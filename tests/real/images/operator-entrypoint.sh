#!/bin/bash
# /docker-entrypoint.sh of the operator image.
. "${FLINK_HOME:-/opt/flink}/bin/env.sh"

# shellcheck disable=SC2046
exec java -Xmx384m "${java_small[@]}" "${java_modules[@]}" $(java_logging "${LOG_CONFIG:-$FLINK_CONF_DIR/log4j-operator.properties}") \
  -cp '/flink-kubernetes-operator/lib/*' org.apache.flink.kubernetes.operator.FlinkOperator
