import { createClient } from '@segment/analytics-react-native';
import Config from 'react-native-config';

export const tenantry = createClient({
  writeKey: Config.TENANTRY_KEY,
  proxy: '{{base}}/v1',
  cdnProxy: '{{base}}/v1',
  useSegmentEndpoints: true,
  trackAppLifecycleEvents: true,
});
