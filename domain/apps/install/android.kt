import com.segment.analytics.kotlin.android.Analytics

val tenantry = Analytics(BuildConfig.TENANTRY_KEY, applicationContext) {
    apiHost = "{{host}}/v1"
    cdnHost = "{{host}}/v1"
    trackApplicationLifecycleEvents = true
}

// Then, anywhere:
tenantry.track("sign_up")
