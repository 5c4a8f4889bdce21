# Sourced by every entrypoint: where things lie, and how Java is started. Works as any user: nothing is written but to /tmp.

export FLINK_HOME=${FLINK_HOME:-/opt/flink}
export FLINK_CONF_DIR=${FLINK_CONF_DIR:-$FLINK_HOME/conf}
export HOME=${HOME:-/tmp}
export PATH=$FLINK_HOME/bin:$PATH

# What Flink reaches into by reflection and Java 17 keeps closed (Flink's own env.java.default-opts.all).
java_modules=(
  --add-exports=java.base/sun.net.util=ALL-UNNAMED
  --add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED
  --add-exports=java.security.jgss/sun.security.krb5=ALL-UNNAMED
  --add-opens=java.base/java.lang=ALL-UNNAMED
  --add-opens=java.base/java.lang.reflect=ALL-UNNAMED
  --add-opens=java.base/java.io=ALL-UNNAMED
  --add-opens=java.base/java.net=ALL-UNNAMED
  --add-opens=java.base/java.nio=ALL-UNNAMED
  --add-opens=java.base/sun.nio.ch=ALL-UNNAMED
  --add-opens=java.base/java.text=ALL-UNNAMED
  --add-opens=java.base/java.time=ALL-UNNAMED
  --add-opens=java.base/java.util=ALL-UNNAMED
  --add-opens=java.base/java.util.concurrent=ALL-UNNAMED
  --add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED
  --add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED
)

# Many small JVMs on few cores: the cheapest collector, and no time spent on the second compiler.
java_small=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto)

java_logging() { # FILE
  echo "-Dlog4j.configurationFile=file:$1" "-Dlog4j.configuration=file:$1" -Dlog.file=/tmp/flink.log
}

# Starts a Flink main class in this process: exec_flink CLASS JVM_FLAGS ARGS...
exec_flink() {
  local class=$1 flags=$2
  shift 2
  # The flags and the logging options are lists of words.
  # shellcheck disable=SC2046,SC2086
  exec java $flags "${java_small[@]}" "${java_modules[@]}" $(java_logging "$FLINK_CONF_DIR/log4j-console.properties") \
    -cp "$FLINK_HOME/lib/*" "$class" "$@"
}

# Asks Flink how its memory options divide: sets jvm_flags and dynamic_options. resource_params GET_JM_RESOURCE_PARAMS|GET_TM_RESOURCE_PARAMS ARGS...
resource_params() {
  local command=$1 output
  shift
  output=$(java "${java_small[@]}" -cp "$FLINK_HOME/lib/*" org.apache.flink.runtime.util.bash.BashJavaUtils \
    "$command" --configDir "$FLINK_CONF_DIR" "$@" 2>&1) || { echo "$output" >&2; exit 1; }
  { read -r jvm_flags; read -r dynamic_options; } < <(sed -n 's/.*BASH_JAVA_UTILS_EXEC_RESULT://p' <<<"$output")
}
