package dev.headgate.exactness;

/** What flows from the source to the count: the numbered record `number` of `partition`, or, when `mark` is set, a question about what was counted so far. */
public class Event {
  public int key;
  public int partition;
  public long number;
  public Mark mark;

  public static Event numbered(int key, int partition, long number) {
    var event = new Event();
    event.key = key;
    event.partition = partition;
    event.number = number;
    return event;
  }

  public static Event marked(int key, int partition, Mark mark) {
    var event = new Event();
    event.key = key;
    event.partition = partition;
    event.mark = mark;
    return event;
  }
}
