package dev.headgate.exactness;

import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Counts the numbers of each partition in keyed state, at a cost per record, and answers marks. A mark reaches every key, so keys that were restored and never touched
 * since answer too.
 */
final class Count extends KeyedProcessFunction<Integer, Event, Event> implements CheckpointedFunction {
  private static final long serialVersionUID = 1;
  private static final long REPORT_MILLIS = 250;

  private final Control control;
  private final Report report;
  private transient ParkedCost cost;
  private transient MapState<Integer, Tally> tallies;

  Count(Control control, Report report) {
    this.control = control;
    this.report = report;
  }

  /** State is taken here and not in `open`, whose signature differs between Flink versions. */
  @Override
  public void initializeState(FunctionInitializationContext context) throws Exception {
    cost = new ParkedCost();
    tallies = context.getKeyedStateStore().getMapState(new MapStateDescriptor<>("tally-by-partition", Types.INT, Types.POJO(Tally.class)));
  }

  @Override
  public void processElement(Event event, Context context, Collector<Event> out) throws Exception {
    control.failIfAsked();
    var tally = tallies.contains(event.partition) ? tallies.get(event.partition) : new Tally();
    if (event.mark != null) {
      report.answer(event, tally);
      long now = context.timerService().currentProcessingTime();
      context.timerService().registerProcessingTimeTimer((now / REPORT_MILLIS + 1) * REPORT_MILLIS);
      return;
    }
    cost.spend(control.recent().costMicros());
    tally.add(event.number);
    tallies.put(event.partition, tally);
    out.collect(event);
  }

  /** Marks come for all keys at once: the timer writes their answers to the report together. */
  @Override
  public void onTimer(long timestamp, OnTimerContext context, Collector<Event> out) throws Exception {
    report.writeIfChanged();
  }

  @Override
  public void snapshotState(FunctionSnapshotContext context) {}
}
