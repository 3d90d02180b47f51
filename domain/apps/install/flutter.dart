import 'package:segment_analytics/client.dart';
import 'package:segment_analytics/state.dart';

final tenantry = createClient(Configuration(
  const String.fromEnvironment('TENANTRY_KEY'),
  apiHost: '{{host}}/v1',
  cdnHost: '{{host}}/v1',
  trackApplicationLifecycleEvents: true,
));
