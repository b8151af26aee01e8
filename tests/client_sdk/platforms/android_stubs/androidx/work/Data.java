package androidx.work;

public final class Data {
    private final java.util.Map<String, String> values;

    private Data(java.util.Map<String, String> values) {
        this.values = values;
    }

    public String getString(String key) {
        return values.get(key);
    }

    public static final class Builder {
        private final java.util.Map<String, String> values = new java.util.HashMap<>();

        public Builder putString(String key, String value) {
            values.put(key, value);
            return this;
        }

        public Data build() {
            return new Data(values);
        }
    }
}
