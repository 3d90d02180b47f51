import 'tenantry.dart';

// flutter run --dart-define=TENANTRY_KEY=$TENANTRY_KEY
tenantry.track('sign_up');
