"""Chinese script: our own phrases, written in simplified characters, for readers of traditional ones.

The table has the characters of our phrases and tables, and no other ones: it is no converter of any text.
"""

import re

#: Language of our phrases in traditional characters.
TRADITIONAL_CHINESE = "zh-Hant"
#: Simplified characters, and the traditional one of each at the same place.
SIMPLIFIED_CHARACTERS = (
    "万与专业东丝两严个丰临为举么义乐习书买于云产亲亿从仓仪们价众优伙会伞传体余佛侣倾储儿党关养兽内册写军"
    "农冲决况冻净准减几划则创别剂剧办务动劳区医华协单卖卫厂厅历压厨参双发变叶号叹后听启员咨响喷嚣团园囱国"
    "图圣场坚垫墙声处备复够头奖妆妇妈婴学宁宝实宠审宫宾对寻导寿将尔尘尽属屡岁岗币师帐帘带帮广庄庆库应废开"
    "弃弹强归当录忆忧怀态总恋恳恶恼惬愿戏战户执扩扫抢护报担拟拦择换据携摄撸数断无旧时昼显术朴机杀杂权条来"
    "松极构柜标栈树样档桥梦检楼榄橱欢残殡气汇汉没洁测济浏浓涂淀渗温游湾满潜灭灯灵灾炉点烟烦烩烫热爱状独猎"
    "猫献环现电画疗监盗盘着矫码砖础确碍礼离种积称税稳竞笔筑筹签简类粮紧红约级纪纯纱纲纸纹纺线练组细织终经"
    "结绘给络绝统绩续维综绿缓编缘缝缮网罗职联肤肴胶脑脚脱艺节苹荐荣药获营萨蓝蕴虑虚虫虽蚁补装见观规视览觉"
    "誉计订认讨让训议讯记讲许设访证评识诊词译试诚话诞询该详语诱说请诺读课谁调谢谧谨谱负财责账货质贫购贴贵"
    "贷费赁资赋赖赠踪车转轮软轻载较辅辆辑输边达迁过运还这进远适选递遗邮邻酿采释里针钟钢钣钥钱钻铁铝铲银铺"
    "链销锁锅键锯镀镇镜长门闪问闲间闻阅阖队阳阶际险随隐难静页顶项须顾预领频题风飞饪饭饮饰馆馈馏马驱驶驻驾"
    "验骑鱼鲜鸡黄齐龙继吗绍胜赚刚仅击错误敌伦驰瘾岛肾润债赌欧赞争"
)
TRADITIONAL_CHARACTERS = (
    "萬與專業東絲兩嚴個豐臨為舉麼義樂習書買於雲產親億從倉儀們價眾優夥會傘傳體餘彿侶傾儲兒黨關養獸內冊寫軍"
    "農沖決況凍淨準減幾劃則創別劑劇辦務動勞區醫華協單賣衛廠廳歷壓廚參雙發變葉號嘆後聽啟員諮響噴囂團園囪國"
    "圖聖場堅墊牆聲處備復夠頭獎妝婦媽嬰學寧寶實寵審宮賓對尋導壽將爾塵盡屬屢歲崗幣師帳簾帶幫廣莊慶庫應廢開"
    "棄彈強歸當錄憶憂懷態總戀懇惡惱愜願戲戰戶執擴掃搶護報擔擬攔擇換據攜攝擼數斷無舊時晝顯術樸機殺雜權條來"
    "鬆極構櫃標棧樹樣檔橋夢檢樓欖櫥歡殘殯氣匯漢沒潔測濟瀏濃塗澱滲溫遊灣滿潛滅燈靈災爐點煙煩燴燙熱愛狀獨獵"
    "貓獻環現電畫療監盜盤著矯碼磚礎確礙禮離種積稱稅穩競筆築籌簽簡類糧緊紅約級紀純紗綱紙紋紡線練組細織終經"
    "結繪給絡絕統績續維綜綠緩編緣縫繕網羅職聯膚餚膠腦腳脫藝節蘋薦榮藥獲營薩藍蘊慮虛蟲雖蟻補裝見觀規視覽覺"
    "譽計訂認討讓訓議訊記講許設訪證評識診詞譯試誠話誕詢該詳語誘說請諾讀課誰調謝謐謹譜負財責賬貨質貧購貼貴"
    "貸費賃資賦賴贈蹤車轉輪軟輕載較輔輛輯輸邊達遷過運還這進遠適選遞遺郵鄰釀採釋裡針鐘鋼鈑鑰錢鑽鐵鋁鏟銀鋪"
    "鏈銷鎖鍋鍵鋸鍍鎮鏡長門閃問閒間聞閱闔隊陽階際險隨隱難靜頁頂項須顧預領頻題風飛飪飯飲飾館饋餾馬驅駛駐駕"
    "驗騎魚鮮雞黃齊龍繼嗎紹勝賺剛僅擊錯誤敵倫馳癮島腎潤債賭歐讚爭"
)
#: Words with another traditional character than the table's.
TRADITIONAL_WORDS = {
    "关系": "關係",
    "联系": "聯繫",
    "复杂": "複雜",
    "复印": "複印",
    "头发": "頭髮",
    "美发": "美髮",
    "理发": "理髮",
    "烫发": "燙髮",
    "面包": "麵包",
    "面条": "麵條",
    "制作": "製作",
    "制造": "製造",
    "定制": "定製",
    "手工制": "手工製",
    "精制": "精製",
    "自制": "自製",
    "游泳": "游泳",
    "日历": "日曆",
    "词汇": "詞彙",
    "干净": "乾淨",
    "干洗": "乾洗",
    "细致": "細緻",
    "精致": "精緻",
    "并且": "並且",
    "占个座": "佔個座",
    "周末": "週末",
    "治愈": "治癒",
    "抑郁": "抑鬱",
}
CHARACTER_TABLE = str.maketrans(SIMPLIFIED_CHARACTERS + "“”", TRADITIONAL_CHARACTERS + "「」")
TRADITIONAL_WORD_PATTERN = re.compile("|".join(TRADITIONAL_WORDS))
SIMPLIFIED_CHARACTER_PATTERN = re.compile(f"[{SIMPLIFIED_CHARACTERS}]")
TRADITIONAL_CHARACTER_PATTERN = re.compile(f"[{TRADITIONAL_CHARACTERS}]")


def write_in_traditional_characters(phrase: str) -> str:
    """Return one of our phrases in traditional characters, with their quotation marks."""
    words = TRADITIONAL_WORD_PATTERN.sub(lambda match: TRADITIONAL_WORDS[match[0]], phrase)
    return words.translate(CHARACTER_TABLE)


def is_traditional_chinese(text: str) -> bool:
    """Return whether a Chinese text has more traditional characters of the table than simplified ones."""
    traditional = len(TRADITIONAL_CHARACTER_PATTERN.findall(text))
    return traditional > len(SIMPLIFIED_CHARACTER_PATTERN.findall(text))
