import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import type { World } from './world.ts';

/** Fields of one structured log line. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Log = {
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};

/** Adds to a metric of this invocation. Dimensions are few and closed, since each combination is a metric of its own. */
export type Count = (metric: string, dimensions?: Readonly<Record<string, string>>, value?: number) => void;

export type Telemetry = {
  readonly log: Log;
  readonly count: Count;
  /** An invocation begins: each line will name it. */
  readonly begin: (context: Context) => void;
  /** It has ended: its metrics are printed. */
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
};

/**
 * Powertools' log lines and CloudWatch metrics (embedded metric format), printed through the world and dated by its clock. Only the log
 * level is Powertools' own business: it reads POWERTOOLS_LOG_LEVEL and Lambda's logging controls itself.
 */
export const createTelemetry = (world: World): Telemetry => {
  const print = world.print ?? (() => {});
  const service = world.env['POWERTOOLS_SERVICE_NAME'] ?? 'headgate';
  const namespace = world.env['POWERTOOLS_METRICS_NAMESPACE'] ?? 'Headgate';

  class Formatter extends LogFormatter {
    override formatAttributes(line: UnformattedAttributes, more: LogAttributes): LogItem {
      const attributes = {
        level: line.logLevel,
        message: line.message,
        timestamp: new Date(world.now()).toISOString(),
        service: line.serviceName,
        function: line.lambdaContext?.functionName,
        request_id: line.lambdaContext?.awsRequestId,
        xray_trace_id: line.xRayTraceId,
      };
      return new LogItem({ attributes }).addAttributes(more);
    }
  }
  class Printer extends Logger {
    protected override printLog(_level: number, line: LogItem): void {
      line.prepareForPrint();
      print(JSON.stringify(line.getAttributes(), this.getJsonReplacer()));
    }
  }
  const logger = new Printer({ serviceName: service, logFormatter: new Formatter() });
  const metrics = new Metrics({ namespace, serviceName: service, logger: SILENT });
  const counts = new Map<string, { readonly dimensions: Record<string, string>; readonly sums: Map<string, number> }>();

  const printMetrics = (): void => {
    for (const { dimensions, sums } of counts.values()) {
      metrics.setTimestamp(world.now()).addDimensions(dimensions);
      for (const [metric, sum] of sums) metrics.addMetric(metric, MetricUnit.Count, sum);
      print(JSON.stringify(metrics.serializeMetrics()));
      metrics.clearMetrics();
      metrics.clearDimensions();
    }
    counts.clear();
  };

  return {
    log: {
      info: (message, fields) => logger.info(message, besideOwn(fields)),
      warn: (message, fields) => logger.warn(message, besideOwn(fields)),
      error: (message, fields) => logger.error(message, besideOwn(fields)),
    },
    count: (metric, dimensions = {}, value = 1) => {
      const key = JSON.stringify(dimensions);
      const { sums } = counts.get(key) ?? counts.set(key, { dimensions, sums: new Map() }).get(key)!;
      sums.set(metric, (sums.get(metric) ?? 0) + value);
    },
    begin: (context) => {
      counts.clear(); // of an invocation that was killed
      logger.addContext(context);
    },
    end: printMetrics,
    fail: (error) => {
      logger.error('invocation failed', { error });
      printMetrics();
    },
  };
};

/** Powertools would warn of every time that is not near the real one. */
const SILENT = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A line's own keys, which Powertools does not let fields overwrite: fields of that name go below `details`. */
const OWN = new Set(['level', 'message', 'timestamp', 'service', 'sampling_rate']);

const besideOwn = (fields: LogFields = {}): LogAttributes => {
  const entries = Object.entries(fields);
  const details = Object.fromEntries(entries.filter(([name]) => OWN.has(name)));
  const others = Object.fromEntries(entries.filter(([name]) => !OWN.has(name)));
  return Object.keys(details).length === 0 ? others : { ...others, details };
};
