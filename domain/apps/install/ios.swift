import Segment

let tenantry = Analytics(
    configuration: Configuration(writeKey: Bundle.main.object(forInfoDictionaryKey: "TENANTRY_KEY") as! String)
        .apiHost("{{host}}/v1")
        .cdnHost("{{host}}/v1")
        .trackApplicationLifecycleEvents(true))

// Then, anywhere:
tenantry.track(name: "sign_up")
