package dev.headgate.exactness;

import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.functions.sink.DiscardingSink;

/** Everything that differs between Flink versions. This is the 1.18 form; since 1.19 it is `sinkTo(new …functions.sink.v2.DiscardingSink<>())`. */
final class FlinkVersion {
  static <T> DataStreamSink<T> discard(DataStream<T> stream) {
    return stream.addSink(new DiscardingSink<>());
  }

  private FlinkVersion() {}
}
