android {
    buildFeatures { buildConfig = true }
    defaultConfig {
        buildConfigField("String", "TENANTRY_KEY", "\"${System.getenv("TENANTRY_KEY")}\"")
    }
}
