import { createClient } from '@segment/analytics-react-native';

export const tenantry = createClient({
  writeKey: process.env.EXPO_PUBLIC_TENANTRY_KEY,
  proxy: '{{base}}/v1',
  cdnProxy: '{{base}}/v1',
  useSegmentEndpoints: true,
  trackAppLifecycleEvents: true,
});
