package dev.headgate.exactness;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * A job that can prove it lost and repeated nothing: a source of numbered records, a stateful operator that counts them, and a sink that drops them.
 *
 * <p>Three vertices with fixed uids. The parallelism is never set here, so `parallelism.default` and the operator's overrides decide it alone.
 */
public final class ExactnessJob {
  public static void main(String[] args) throws Exception {
    var arguments = JobArguments.parse(args);
    var control = new Control(arguments.control());
    var keys = KeyPerGroup.keys(arguments.maxParallelism());

    var env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setMaxParallelism(arguments.maxParallelism());
    env.disableOperatorChaining();
    env.getConfig().disableGenericTypes();

    var counted =
        env.fromSource(
                new NumberedSource(control, keys, arguments.partitions(), arguments.markSeconds()),
                WatermarkStrategy.noWatermarks(),
                "numbers",
                Types.POJO(Event.class))
            .uid("numbers")
            .keyBy(event -> event.key)
            .process(new Count(control, new Report(arguments.report())))
            .returns(Types.POJO(Event.class))
            .name("count")
            .uid("count");
    FlinkVersion.discard(counted).name("discard").uid("discard");

    env.execute("exactness");
  }

  private ExactnessJob() {}
}
