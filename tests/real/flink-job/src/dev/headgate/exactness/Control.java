package dev.headgate.exactness;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Properties;

/**
 * The settings that change while the job runs, read from a properties file that its writer replaces as a whole:
 *
 * <pre>
 * load         how many records exist when, see {@link Load}; none if absent
 * costMicros   what one record costs the count, in microseconds of its thread's time
 * failToken    while present, the count throws …
 * failTimes    … this many times for this token over all attempts and deployments; without end if absent
 * </pre>
 */
final class Control implements Serializable {
  private static final long serialVersionUID = 1;
  private static final long RECENT_MILLIS = 200;

  private final String file;
  private transient Settings recent;
  private transient long recentUntil;
  private transient String spentToken;

  record Settings(Load load, long costMicros, String failToken, String failTimes) {}

  Control(String file) {
    this.file = file;
  }

  /** The settings as they are in the file now. */
  Settings read() {
    var properties = new Properties();
    try (var in = Files.newBufferedReader(Path.of(file))) {
      properties.load(in);
    } catch (NoSuchFileException nothingWishedYet) {
      // The defaults hold.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Settings(
        Load.parse(properties.getProperty("load", "")),
        Long.parseLong(properties.getProperty("costMicros", "0")),
        properties.getProperty("failToken"),
        properties.getProperty("failTimes"));
  }

  /** The same, at most 200 ms old: for use with every record. */
  Settings recent() {
    long now = System.currentTimeMillis();
    if (now >= recentUntil) {
      recent = read();
      recentUntil = now + RECENT_MILLIS;
    }
    return recent;
  }

  /** Throws if a failure is asked for and not yet used up. */
  void failIfAsked() {
    var token = recent().failToken();
    if (token == null || token.equals(spentToken)) return;
    var times = recent().failTimes();
    if (times == null) throw new InjectedFailure("injected failure " + token);
    for (int n = 1; n <= Integer.parseInt(times); n++) {
      if (claimed(token + "." + n)) throw new InjectedFailure("injected failure " + token + ", " + n + " of " + times);
    }
    spentToken = token;
  }

  /** Whether this call is the one that made the marker: exactly one subtask of one attempt does. */
  private boolean claimed(String marker) {
    try {
      var folder = Files.createDirectories(Path.of(file).resolveSibling("failures"));
      Files.createFile(folder.resolve(marker));
      return true;
    } catch (FileAlreadyExistsException taken) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
